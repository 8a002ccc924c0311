/** schema.VectorArray ↔ columns of lists of vectors. */
import { type FixedColumn, type ListColumn, layoutOf } from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { sliceColumn } from '../column/slice.js'
import { dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { elementFieldOf } from '../schema/struct-array.js'
import type { MessageInput } from './codec.js'
import type { VectorArray } from './generated/messages.js'
import { columnFromVectors, vectorsFromColumn } from './vector-column.js'

/** @throws parameterInvalid */
export function listFromVectorArray(field: Field, { data }: VectorArray): ListColumn {
  const element = elementFieldOf(field)
  const child = growableColumn(layoutOf(element))
  const offsets = new Int32Array(data.length + 1)
  for (const [row, vectors] of data.entries()) {
    const column = columnFromVectors(element, vectors)
    if (column?.shape === 'fixed') child.append(column, 0, column.values.length / column.width)
    else if (Object.keys(vectors).some((key) => key !== 'dim')) {
      throw invalidParameter(
        `field '${field.name}', row ${row}: expected an array of ${dataTypeName(field.elementType)}, got other vectors`,
        { field: field.name, row },
      )
    }
    offsets[row + 1] = child.rowCount
  }
  return { shape: 'list', offsets, child: child.snapshot() as FixedColumn, validity: null }
}

export function vectorArrayFromList(
  field: Field,
  { offsets, child }: ListColumn,
  rowCount: number,
): MessageInput<'VectorField'> {
  const element = elementFieldOf(field)
  const data: MessageInput<'VectorField'>[] = []
  for (let row = 0; row < rowCount; row++) {
    const [begin, end] = [offsets[row], offsets[row + 1]]
    data.push(vectorsFromColumn(element, sliceColumn(child, begin, end), end - begin))
  }
  const dim = BigInt(field.dim)
  return { dim, vector_array: { dim, data, element_type: field.elementType } }
}
