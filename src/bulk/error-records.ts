import type { BadRow } from './bad-row.js'
import type { ImportPlan, ImportTask } from './import-task.js'
import { placeBefore } from './unit-place.js'

/** A bad row as users are told of it. */
interface ImportErrorRecord {
  readonly file: string
  /** From 0 on; null while a part of the file before it is not read to its end. */
  readonly row: number | null
  /** From 1 on; null where the file has no lines, or as `row`. */
  readonly line: number | null
  readonly byteOffset: number | null
  readonly field: string
  readonly reason: string
  /** null where the reason does not say it. */
  readonly expected: string | null
  readonly got: string | null
  /** The value, or the row that it is in. */
  readonly quote: string | null
}

/** What is wrong with a task's input, the error that ended it first. */
export function errorRecordsOf(task: ImportTask): ImportErrorRecord[] {
  const left = task.badRows.map((row) => recordOf(row, task.plan!))
  const { file, row = null, line = null, byteOffset = null, field = '' } = task.failedAt
  if (file === undefined) return left
  const reason = task.reason.replace(/: importing data failed$/, '')
  return [{ file, row, line, byteOffset, field, reason, ...partsOfReason(reason, null) }, ...left]
}

function recordOf({ unitIndex, ...bad }: BadRow, plan: ImportPlan): ImportErrorRecord {
  const before = placeBefore(plan, unitIndex)
  const row = before.row === null ? null : before.row + bad.row
  const line = before.line === null || bad.line === null ? null : before.line + bad.line + 1
  return { ...bad, row, line, ...partsOfReason(bad.reason, bad.quote) }
}

/** Messages say "expected …, got …", and Milvus's words behind a colon, with the value in quotes. */
function partsOfReason(reason: string, quote: string | null) {
  const [, expected = null, got = null] = /expected (.+?), got (.+?)(?:: |$)/s.exec(reason) ?? []
  const [, value = quote] = /(?:with |illegal )?value '(.*?)'/s.exec(reason) ?? []
  return { expected, got, quote: value }
}

/** A task's first bad rows as sentences. */
export function badRowSentences(task: ImportTask, countMax: number): string[] {
  return task.badRows.slice(0, countMax).map((bad) => {
    const { file, row, byteOffset, field, reason } = recordOf(bad, task.plan!)
    const bytes = byteOffset === null ? '' : `byte ${byteOffset}`
    const place = row === null ? bytes : `row ${row}`
    const named = field && `field '${field}'`
    return `${file}: ${[place, named].filter((part) => part !== '').join(', ')}: ${reason}`
  })
}
