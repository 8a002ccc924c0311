/** Milvus's data types, by their numbers on the wire (`schema.DataType`). */
export const DataType = {
  None: 0,
  Bool: 1,
  Int8: 2,
  Int16: 3,
  Int32: 4,
  Int64: 5,
  Float: 10,
  Double: 11,
  String: 20,
  VarChar: 21,
  Array: 22,
  JSON: 23,
  Geometry: 24,
  Text: 25,
  Timestamptz: 26,
  BinaryVector: 100,
  FloatVector: 101,
  Float16Vector: 102,
  BFloat16Vector: 103,
  SparseFloatVector: 104,
  Int8Vector: 105,
  ArrayOfVector: 106,
  ArrayOfStruct: 200,
  Struct: 201,
} as const

export type DataType = (typeof DataType)[keyof typeof DataType]

const names = new Map(Object.entries(DataType).map(([name, value]) => [value as number, name]))

export function isDataType(value: number): value is DataType {
  return names.has(value)
}

export function dataTypeName(dataType: DataType): string {
  return names.get(dataType) ?? `DataType(${dataType})`
}

export function isVectorType(dataType: DataType): boolean {
  return dataType >= DataType.BinaryVector && dataType <= DataType.ArrayOfVector
}

/** A vector type whose rows all have the same number of bytes. */
export function isDenseVectorType(dataType: DataType): boolean {
  return (
    isVectorType(dataType) &&
    dataType !== DataType.SparseFloatVector &&
    dataType !== DataType.ArrayOfVector
  )
}

export function isIntegerType(dataType: DataType): boolean {
  return dataType >= DataType.Int8 && dataType <= DataType.Int64
}

export function isFloatingType(dataType: DataType): boolean {
  return dataType === DataType.Float || dataType === DataType.Double
}

export function isStringType(dataType: DataType): boolean {
  return dataType === DataType.VarChar || dataType === DataType.String || dataType === DataType.Text
}
