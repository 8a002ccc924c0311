import { isFillable } from '../../column/filled-column.js'
import { isDenseVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { importError } from '../import-error.js'

/**
 * The one field that a file of nameless vectors can be for.
 * @throws importFailed where there are several, or fields that nothing has values for
 */
export function vectorFieldOf(file: string, fields: readonly Field[]): Field {
  const vectors = fields.filter(({ dataType }) => isDenseVectorType(dataType))
  if (vectors.length !== 1) {
    const names = vectors.map(({ name }) => `'${name}'`).join(', ') || 'none'
    throw importError(
      { file },
      `expected a collection with one dense vector field for a file of vectors alone, got ${names}`,
    )
  }
  const [vector] = vectors
  const other = fields.find((field) => field !== vector && !isFillable(field))
  if (!other) return vector
  throw importError(
    { file, field: other.name },
    other.isPrimaryKey
      ? `expected a primary key with auto_id, or row_number_as=${other.name}, for a file of vectors alone, got '${other.name}', which needs values`
      : `expected no other field that needs values for a file of vectors alone, got '${other.name}'`,
  )
}
