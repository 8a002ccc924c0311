import { basename } from 'node:path'
import type { ImportJob, ImportJobFile } from '../client/import-job.js'
import { formatOf } from '../formats/registry.js'
import { bytesText, countText, durationText, rowsText } from './number-text.js'

/** What stands beside a bar: `450,000 rows  95,000 rows/s  210.0 MB/s  5 s left`. */
export function speedText(speed: {
  readonly rows: number | null
  readonly rowsPerSecond: number | null
  readonly bytesPerSecond: number | null
  readonly remainingSeconds: number | null
}): string {
  const { rows, rowsPerSecond, bytesPerSecond, remainingSeconds } = speed
  return [
    rows ? rowsText(rows) : '',
    rowsPerSecond ? `${countText(Math.round(rowsPerSecond))} rows/s` : '',
    bytesPerSecond ? `${bytesText(bytesPerSecond)}/s` : '',
    remainingSeconds ? `${durationText(remainingSeconds)} left` : '',
  ]
    .filter((text) => text !== '')
    .join('  ')
}

/** What the job does now: Milvus tells no more than its state. */
export function phaseOf({ phase, state }: ImportJob): string {
  return phase ?? state.toLowerCase()
}

/** `reading 45 %: 450,000 rows  95,000 rows/s  210.0 MB/s  5 s left` */
export function progressText(job: ImportJob): string {
  const isReading = job.phase === 'reading'
  const speed = speedText({
    rows: isReading ? job.rowsRead : job.importedRows,
    rowsPerSecond: isReading ? job.rowsPerSecond : null,
    bytesPerSecond: isReading ? job.bytesPerSecond : null,
    remainingSeconds: isReading ? job.remainingSeconds : null,
  })
  return `${phaseOf(job)} ${job.progress} %${speed === '' ? '' : `: ${speed}`}`
}

/** `id.npy + vector.npy`, without the directories, from Go's text of a group's paths. */
export function fileLabel({ fileName }: ImportJobFile): string {
  return pathsOf(fileName.replace(/^\[|\]$/g, ''))
    .map((path) => basename(path))
    .join(' + ')
}

/** Paths may have spaces, but end as files do. */
function pathsOf(text: string): string[] {
  const paths: string[] = []
  let isEnded = true
  for (const piece of text.split(' ')) {
    if (isEnded) paths.push(piece)
    else paths.push(`${paths.pop()} ${piece}`)
    isEnded = formatOf(piece) !== undefined
  }
  return paths
}

/** What came of a job: a sentence or a few. */
export function resultText(job: ImportJob, seconds: number): string {
  const { importedRows, collectionName, validRows, deletedRows, skippedRows } = job
  if (validRows !== null) {
    return `checked: ${rowsText(validRows)} good, ${countText(job.rejectedRows ?? 0)} bad; nothing was written`
  }
  const rate = seconds > 0 ? `: ${countText(Math.round(importedRows / seconds))} rows/s` : ''
  const speed = job.fileSize > 0 && rate ? `, ${bytesText(job.fileSize / seconds)}/s` : ''
  return [
    `imported ${rowsText(importedRows)} into ${collectionName} in ${durationText(seconds)}${rate}${speed}`,
    deletedRows ? `; ${rowsText(deletedRows)} that were there before are replaced or deleted` : '',
    skippedRows ? `; ${rowsText(skippedRows)} left out for the sake of others with their key` : '',
  ].join('')
}

/** Where an import failed, a line each. */
export function placeLines(job: ImportJob): string[] {
  const { failedFile, failedRow, failedLine, failedField } = job
  return [
    failedFile === null ? '' : `  file   ${failedFile}`,
    failedRow === null ? '' : `  row    ${failedRow} (the first is 0)`,
    failedLine === null ? '' : `  line   ${failedLine}`,
    failedField === null ? '' : `  field  ${failedField}`,
  ].filter((line) => line !== '')
}
