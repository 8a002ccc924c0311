import type { Contender } from './contender.js'

/**
 * The least effort by which a contender reaches a recall: the first of its own steps that does, and
 * between it and the one before by halving. What was measured once is not measured again.
 */
export class LeastEffort {
  readonly #recalls = new Map<string, number>()

  /** @returns why not, where there is none */
  async of(contender: Contender, mask: string, recall: number): Promise<number | string> {
    const reaches = async (effort: number) =>
      (await this.#recallOf(contender, mask, effort)) >= recall
    let below = 0
    for (const effort of contender.efforts) {
      const reached = await this.#recallOf(contender, mask, effort)
      if (Number.isNaN(reached)) return 'cannot do it, or is left out'
      if (reached >= recall) return below === 0 ? effort : least(below, effort, reaches)
      below = effort
    }
    return 'does not reach it'
  }

  async #recallOf(contender: Contender, mask: string, effort: number): Promise<number> {
    const key = `${contender.name}/${mask}/${effort}`
    const known = this.#recalls.get(key)
    if (known !== undefined) return known
    const { recall } = await contender.search(effort, mask)
    this.#recalls.set(key, recall)
    return recall
  }
}

/** To within a sixteenth. */
async function least(
  below: number,
  enough: number,
  reaches: (effort: number) => Promise<boolean>,
): Promise<number> {
  const middle = (below + enough) >> 1
  if (enough - below <= Math.max(1, enough >> 4)) return enough
  return (await reaches(middle)) ? least(below, middle, reaches) : least(middle, enough, reaches)
}
