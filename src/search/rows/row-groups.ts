import type { Column } from '../../column/column.js'
import { type GroupValue, groupValueOf } from '../ranking/group-values.js'
import type { RowGroups } from './aggregate.js'

/** Rows with the same values, by the order of their first rows. */
interface FoundGroups extends RowGroups {
  readonly firstRows: Int32Array
}

/** @param columns of the fields that group; none: all rows are one group, even if there is no row */
export function groupRows(columns: readonly Column[], rowCount: number): FoundGroups {
  const groupOf = new Uint32Array(rowCount)
  if (columns.length === 0) return { groupOf, groupCount: 1, firstRows: Int32Array.of(0) }
  const groups = new Map<GroupValue, number>()
  const firstRows: number[] = []
  for (let row = 0; row < rowCount; row++) {
    const value = groupValueOf(columns, row)
    const group = groups.get(value) ?? groups.size
    if (group === groups.size) {
      groups.set(value, group)
      firstRows.push(row)
    }
    groupOf[row] = group
  }
  return { groupOf, groupCount: groups.size, firstRows: Int32Array.from(firstRows) }
}
