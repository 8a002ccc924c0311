import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field } from './fields.js'

/** The sub-fields of a struct array `chunks`: a text, a number and a vector of two floats. */
export function chunkFields(more: Partial<Field> = {}, nullable = false): Field[] {
  const struct = { fieldId: 110, name: 'chunks', description: '', nullable, typeParams: {} }
  const common = { struct, nullable, maxCapacity: 4, ...more }
  return [
    field(111, 'chunks[word]', DataType.Array, {
      ...{ ...common, elementType: DataType.VarChar, maxLength: 5 },
    }),
    field(112, 'chunks[number]', DataType.Array, { ...common, elementType: DataType.Int64 }),
    field(113, 'chunks[floats]', DataType.ArrayOfVector, {
      ...{ ...common, elementType: DataType.FloatVector, dim: 2 },
    }),
  ]
}
