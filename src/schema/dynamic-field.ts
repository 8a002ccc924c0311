import { dynamicFieldName } from './collection-schema.js'
import { DataType } from './data-type.js'
import type { Field } from './field.js'

/** The field that holds what rows have beside the fields of the schema. */
export function dynamicField(fieldId: number): Field {
  return {
    fieldId,
    name: dynamicFieldName,
    description: 'dynamic schema',
    dataType: DataType.JSON,
    elementType: DataType.None,
    isPrimaryKey: false,
    autoId: false,
    isPartitionKey: false,
    isClusteringKey: false,
    isDynamic: true,
    isFunctionOutput: false,
    nullable: false,
    defaultValue: null,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    typeParams: {},
  }
}
