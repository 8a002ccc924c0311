import { MultiBar, type SingleBar } from 'cli-progress'
import type { ImportJob, ImportJobFile } from '../client/import-job.js'
import type { ImportOutcome } from './import-report.js'
import { fileLabel, phaseOf, speedText } from './job-text.js'
import { bytesText } from './number-text.js'
import { PlainReport } from './plain-report.js'
import { Speedometer } from './speedometer.js'

const labelWidthMax = 24
const barWidthMax = 24
const columnsUsual = 80
/** Of more files than fit on a screen, the total is shown and how many are read. */
const filesShownMax = 12
const earlyMs = 500

/** A bar for each file, and one for all of them. */
export class TerminalReport extends PlainReport {
  override readonly isInteractive = true
  #bars: MultiBar | null = null
  readonly #lines = new Map<string, SingleBar>()
  readonly #speeds = new Map<string, Speedometer>()
  #isPaused = false
  #beganMs: number | null = null

  override started(jobId: string, database: string): void {
    this.#beganMs = null
    super.started(jobId, database)
  }

  override upload(file: string, bytesDone: number, bytesTotal: number): void {
    const speed = this.#speedOf(file)
    speed.see(bytesDone)
    const words = `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`
    const { bytesPerSecond, remainingSeconds } = speed.of(bytesTotal)
    const rate = speedText({ rows: null, rowsPerSecond: null, bytesPerSecond, remainingSeconds })
    const percent = bytesTotal === 0 ? 100 : Math.floor((bytesDone * 100) / bytesTotal)
    this.#draw(`upload ${file}`, percent, `${words}  ${rate}`)
    if (bytesDone === bytesTotal) this.#close()
  }

  override progress(job: ImportJob): void {
    if (this.#isPaused || job.state === 'Failed' || this.#isTooEarly(job)) return
    const { files } = job
    const isEachShown = files.length > 1 && files.length <= filesShownMax
    if (isEachShown) for (const [index, file] of files.entries()) this.#file(index, file)
    const isReading = job.phase === 'reading'
    const rates = speedText({
      rows: isReading ? job.rowsRead : job.importedRows,
      rowsPerSecond: isReading ? job.rowsPerSecond : null,
      bytesPerSecond: isReading ? job.bytesPerSecond : null,
      remainingSeconds: isReading ? job.remainingSeconds : null,
    })
    const label = files.length === 1 ? fileLabel(files[0]) : 'total'
    const read = files.filter(({ progress }) => progress >= 90).length
    const count = files.length > filesShownMax ? `  ${read} of ${files.length} files` : ''
    this.#draw(label, job.progress, `${phaseOf(job)}${count}  ${rates}`)
  }

  override ended(outcome: ImportOutcome): void {
    this.#close()
    super.ended(outcome)
  }

  override pause(): void {
    this.#isPaused = true
    this.#close()
  }

  override resume(): void {
    this.#isPaused = false
  }

  protected override say(line: string): void {
    this.#close()
    super.say(line)
  }

  /** A job that fails before it has read a byte needs no bars. */
  #isTooEarly({ bytesRead }: ImportJob): boolean {
    this.#beganMs ??= performance.now()
    return bytesRead === 0 && performance.now() < this.#beganMs + earlyMs
  }

  #file(index: number, file: ImportJobFile): void {
    const { fileSize, bytesRead, totalRows, importedRows } = file
    const speed = this.#speedOf(String(index))
    if (bytesRead !== null) speed.see(bytesRead)
    const { bytesPerSecond, remainingSeconds } = speed.of(fileSize)
    const share = fileSize > 0 && bytesRead !== null ? bytesRead / fileSize : 0
    const isRead = file.progress >= 90
    const rows = isRead || totalRows === 0 ? importedRows : Math.floor(totalRows * share)
    const rowsPerSecond = bytesPerSecond && bytesRead ? (bytesPerSecond * rows) / bytesRead : null
    const percent = isRead ? 100 : Math.floor(share * 100)
    const rates = isRead
      ? { rowsPerSecond: null, bytesPerSecond: null, remainingSeconds: null }
      : { rowsPerSecond, bytesPerSecond, remainingSeconds }
    this.#draw(`${index + 1} ${fileLabel(file)}`, percent, speedText({ rows, ...rates }))
  }

  #speedOf(key: string): Speedometer {
    const known = this.#speeds.get(key)
    if (known) return known
    const speed = new Speedometer()
    this.#speeds.set(key, speed)
    return speed
  }

  #draw(label: string, percent: number, words: string): void {
    this.#bars ??= new MultiBar({
      format: (_options, _params, line: Line) => lineText(line),
      stream: process.stdout,
      // A command that is killed must leave the terminal as it was.
      hideCursor: null,
      linewrap: null,
      gracefulExit: false,
      forceRedraw: true,
    })
    const line: Line = { label, percent, words }
    const bar = this.#lines.get(label)
    if (bar) bar.update(percent, line)
    else this.#lines.set(label, this.#bars.create(100, percent, line))
    this.#bars.update()
  }

  /** Leaves what is drawn where it is. */
  #close(): void {
    this.#bars?.stop()
    this.#bars = null
    this.#lines.clear()
  }
}

interface Line {
  readonly label: string
  readonly percent: number
  readonly words: string
}

function lineText({ label, percent, words }: Line): string {
  // A terminal that tells no width is taken for a usual one.
  const columns = process.stdout.columns || columnsUsual
  const labelWidth = Math.max(8, Math.min(labelWidthMax, Math.floor(columns * 0.3)))
  const barWidth = Math.max(4, Math.min(barWidthMax, Math.floor(columns * 0.25)))
  const name = label.length > labelWidth ? `…${label.slice(1 - labelWidth)}` : label
  const full = Math.round((percent * barWidth) / 100)
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full)
  const line = `${name.padEnd(labelWidth)} ${bar} ${String(percent).padStart(3)} %  ${words}`
  return line.slice(0, columns - 1)
}
