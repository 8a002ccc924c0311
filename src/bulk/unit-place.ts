import type { ImportPlan } from './import-task.js'

interface UnitPlace {
  readonly row: number | null
  readonly line: number | null
}

/**
 * The rows and lines of a unit's files that lie before it; null where nobody knows, since a part before it
 * was not read to its end, or has no lines.
 */
export function placeBefore({ units }: ImportPlan, unitIndex: number): UnitPlace {
  const { groupIndex } = units[unitIndex]
  let row: number | null = 0
  let line: number | null = 0
  for (const unit of units.slice(0, unitIndex)) {
    if (unit.groupIndex !== groupIndex) continue
    const end = unit.isDone ? unit.checkpoint : null
    row = sumOrNull(row, end?.row ?? unit.part.rowCount)
    line = sumOrNull(line, end?.line ?? null)
  }
  return { row, line }
}

function sumOrNull(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other
}
