import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What went wrong, told once for each kind; the files of a case are kept. */
export class Findings {
  count = 0
  #folder
  #outcomes = new Map()

  constructor(folder) {
    this.#folder = folder
  }

  /** @param fuzzCase null where no single one is to blame */
  add(what, fuzzCase = null) {
    this.count++
    console.error(`FOUND ${fuzzCase ? `case ${fuzzCase.index} (${fuzzCase.name}): ` : ''}${what}`)
    if (fuzzCase) this.#keep(fuzzCase, what)
  }

  countOutcome(state) {
    this.#outcomes.set(state, (this.#outcomes.get(state) ?? 0) + 1)
  }

  toString() {
    const outcomes = [...this.#outcomes].map(([state, count]) => `${count} ${state}`)
    return `${outcomes.join(', ')}, ${this.count} found`
  }

  #keep({ index, name, fields, options, files }, what) {
    const folder = join(this.#folder, String(index))
    mkdirSync(folder, { recursive: true })
    for (const file of files) writeFileSync(join(folder, file.name), file.bytes)
    writeFileSync(
      join(folder, 'case.json'),
      `${JSON.stringify({ what, name, options, fields }, null, 2)}\n`,
    )
  }
}
