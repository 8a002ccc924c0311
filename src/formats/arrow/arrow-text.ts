import { isUtf8 } from 'node:buffer'
import type { BytesColumn } from '../../column/column.js'
import type { PlainConversion, ReportFault } from './arrow-conversion.js'
import type { ArrowType } from './arrow-type.js'

/** To a field whose rows are UTF-8. Older writers have their texts as plain binary. */
export function textConversion(fieldName: string, type: ArrowType): PlainConversion | null {
  if (type.kind !== 'text' && (type.kind !== 'binary' || type.width !== null)) return null
  return (column, count, report) => {
    const texts = column as BytesColumn
    if (!isAllUtf8(texts, count)) reportNotUtf8(fieldName, texts, count, report)
    return texts
  }
}

/** Whether each row is: all of them together could be so by chance of where they meet. */
function isAllUtf8({ bytes, offsets }: BytesColumn, count: number): boolean {
  const last = offsets[count]
  if (!isUtf8(bytes.subarray(offsets[0], last))) return false
  for (let row = 0; row < count; row++) {
    const begin = offsets[row]
    if (begin < last && (bytes[begin] & 0xc0) === 0x80) return false
  }
  return true
}

function reportNotUtf8(
  fieldName: string,
  { bytes, offsets }: BytesColumn,
  count: number,
  report: ReportFault,
): void {
  for (let row = 0; row < count; row++) {
    const text = bytes.subarray(offsets[row], offsets[row + 1])
    if (isUtf8(text)) continue
    const shown = Buffer.from(text.subarray(0, 32)).toString('hex')
    report(
      row,
      `expected UTF-8, got the bytes ${shown}: field '${fieldName}' contains invalid UTF-8 data`,
    )
  }
}
