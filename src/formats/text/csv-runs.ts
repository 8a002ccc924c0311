import type { RowCell, RowsGrammar } from '../../kernels/text-rows.js'
import { userFieldsOf } from '../../schema/struct-array.js'
import type { Separator } from './csv-scan.js'
import type { RowColumns } from './row-columns.js'
import { RowRuns } from './row-runs.js'
import { fieldCell, unknownCell } from './run-cells.js'

/** null where no kernel reads the columns, the separator or the null key. */
export function csvRuns(
  columns: RowColumns,
  names: readonly string[],
  { bytes: separator }: Separator,
  nullKey: Uint8Array,
): RowRuns | null {
  const cells = names.map((name) => cellOf(columns, name))
  const isSimple = separator.length === 1 && !nullKey.includes(0x22)
  if (!isSimple || cells.includes(null)) return null
  const grammar = csvGrammar(separator[0], nullKey)
  return new RowRuns(columns, { cells: cells as RowCell[], learn: () => false }, grammar)
}

function cellOf({ fields }: RowColumns, name: string): RowCell | null {
  const found = userFieldsOf(fields).find((each) => each.name === name)
  if (!found) return unknownCell(fields, Buffer.from(`${JSON.stringify(name)}:`))
  return found.struct ? null : fieldCell(fields, found.fieldIndex)
}

function csvGrammar(separator: number, nullKey: Uint8Array): RowsGrammar {
  return {
    bytes: nullKey,
    open: (kernels, tables) => kernels.setCsv(separator, tables, nullKey.byteLength),
    read: (kernels, text, end, rowsMax) => kernels.readCsvRows(text, end, rowsMax),
  }
}
