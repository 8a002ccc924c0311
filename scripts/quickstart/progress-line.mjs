import { Presets, SingleBar } from 'cli-progress'

/** A bulk insert's progress: a live bar in a terminal, a line for every change elsewhere. */
export class ProgressLine {
  #bar
  #rowCount
  #last = ''

  constructor(rowCount) {
    this.#rowCount = rowCount
    if (!process.stdout.isTTY) return
    const format = '  {bar} {percentage} %  {rows} rows  {state}'
    this.#bar = new SingleBar({ format, hideCursor: true, fps: 30 }, Presets.shades_classic)
    console.log()
    this.#bar.start(100, 0, { rows: 0, state: 'Pending' })
  }

  show({ progress, rowCount, stateName }) {
    this.#bar?.update(progress, { rows: rowCount, state: stateName })
    const line = `  ${stateName}: ${progress} %, ${rowCount} of ${this.#rowCount} rows`
    if (!this.#bar && line !== this.#last) console.log(line)
    this.#last = line
  }

  end() {
    this.#bar?.stop()
  }
}
