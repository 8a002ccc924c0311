import { dynamicFieldName } from './collection-schema.js'
import { DataType } from './data-type.js'
import { type Field, plainField } from './field.js'

/** The field that holds what rows have beside the fields of the schema. */
export function dynamicField(fieldId: number): Field {
  return {
    ...plainField(fieldId, dynamicFieldName, DataType.JSON),
    description: 'dynamic schema',
    isDynamic: true,
  }
}
