import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import { type JsonStep, jsonLocate, jsonSkip, jsonStepFrom } from '../../expr/json-scan.js'

/** A `$meta` column with each row's object cut down to the given keys; values stay byte for byte. */
export function cutDynamicKeys(
  column: BytesColumn,
  rowCount: number,
  keys: readonly string[],
): BytesColumn {
  const bytes = Buffer.from(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
  const steps = keys.map(jsonStepFrom)
  const offsets = new Int32Array(rowCount + 1)
  const objects: string[] = []
  for (let row = 0; row < rowCount; row++) {
    const isNull = column.validity !== null && !hasBit(column.validity, row)
    const [begin, end] = [column.offsets[row], column.offsets[row + 1]]
    const object = isNull ? '' : cutObject(bytes, begin, end, steps)
    offsets[row + 1] = offsets[row] + Buffer.byteLength(object)
    objects.push(object)
  }
  const cut = Buffer.from(objects.join(''))
  return { shape: 'bytes', offsets, bytes: cut, validity: column.validity }
}

function cutObject(bytes: Buffer, begin: number, end: number, steps: readonly JsonStep[]): string {
  const members: string[] = []
  for (const step of steps) {
    const position = jsonLocate(bytes, begin, end, [step])
    if (position < 0) continue
    const value = bytes.toString('utf8', position, jsonSkip(bytes, position, end))
    members.push(`${JSON.stringify(step.key)}:${value}`)
  }
  return `{${members.join(',')}}`
}
