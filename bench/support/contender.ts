/** What is measured: an index of the rows of a `VectorSet`, searched by one thread, one query after the other. */
export interface Contender {
  readonly name: string
  /** @returns seconds */
  build(): Promise<number>
  /** @param effort ef of a graph, nprobe of an inverted file @param mask a name that the set knows; 'all': none */
  search(effort: number, mask: string): Promise<SearchFigures>
  close(): Promise<void>
}

export interface SearchFigures {
  readonly recall: number
  readonly queriesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function figuresFrom(recall: number, latenciesMs: readonly number[]): SearchFigures {
  const sorted = [...latenciesMs].sort((left, right) => left - right)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]
  const totalMs = sorted.reduce((sum, value) => sum + value, 0)
  const queriesPerSecond = (1000 * sorted.length) / totalMs
  return { recall, queriesPerSecond, p50Ms: at(0.5), p99Ms: at(0.99) }
}
