import fc from 'fast-check'
import { dynamicFieldName } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { DefaultValue, Field } from '../../dist/schema/field.js'
import { bfloat16Value, float16Value } from './column-values.js'
import { field } from './fields.js'
import type { Row } from './import-files.js'

/** Fields and rows; values are as `valueAt` tells them. */
export interface Table {
  readonly fields: readonly Field[]
  readonly rows: readonly Row[]
  /** Fields that the file does not have. */
  readonly leftOut: ReadonlySet<string>
}

/** What a kind of file can carry. */
export interface Carried {
  readonly types: readonly DataType[]
  readonly nulls: boolean
  readonly minRows: number
  readonly text: fc.Arbitrary<string>
}

export const everyType: readonly DataType[] = [
  DataType.Bool,
  DataType.Int8,
  DataType.Int16,
  DataType.Int32,
  DataType.Int64,
  DataType.Float,
  DataType.Double,
  DataType.VarChar,
  DataType.Array,
  DataType.JSON,
  DataType.Geometry,
  DataType.Timestamptz,
  DataType.BinaryVector,
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
  DataType.SparseFloatVector,
  DataType.Int8Vector,
]
export const anyText = fc.string({ unit: 'binary', maxLength: 20 })

const dim = 8
const maxCapacity = 5
const maxLength = 80

/** Tables of a few fields and rows, with a key, a vector, and now and then dynamic members. */
export function tableOf(carried: Carried): fc.Arbitrary<Table> {
  const more = fc.array(fieldOf(carried), { maxLength: 6 })
  const key = fc.constantFrom(DataType.Int64, DataType.VarChar)
  const isDynamic = carried.types.includes(DataType.JSON) ? fc.boolean() : fc.constant(false)
  return fc.tuple(key, more, isDynamic).chain(([keyType, others, hasDynamic]) => {
    const fields = [
      field(100, 'key', keyType, { isPrimaryKey: true, maxLength }),
      field(101, 'vector', DataType.FloatVector, { dim }),
      ...others.map((each, index) => ({ ...each, fieldId: 102 + index, name: `f${index}` })),
    ]
    if (hasDynamic) fields.push(field(150, dynamicFieldName, DataType.JSON, { isDynamic: true }))
    return rowsOf(fields, carried)
  })
}

/** What is read back: nulls and fields that are left out take the default. */
export function expectedRows({ fields, rows, leftOut }: Table): Row[] {
  return rows.map((row) =>
    Object.fromEntries(
      fields.map(({ name, defaultValue }) => {
        const value = leftOut.has(name) ? null : row[name]
        return [name, value ?? told(defaultValue)]
      }),
    ),
  )
}

function told(value: DefaultValue | null): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function fieldOf({ types }: Carried): fc.Arbitrary<Field> {
  return fc
    .record({
      dataType: fc.constantFrom(...types),
      elementType: fc.constantFrom(...elementTypes),
      nullable: fc.boolean(),
      hasDefault: fc.boolean(),
    })
    .map(({ dataType, elementType, nullable, hasDefault }) =>
      field(0, '', dataType, {
        nullable,
        elementType: dataType === DataType.Array ? elementType : DataType.None,
        defaultValue: hasDefault ? (defaults[dataType] ?? null) : null,
        maxCapacity,
        maxLength,
        dim: dataType === DataType.SparseFloatVector ? 0 : dim,
      }),
    )
}

const elementTypes = [
  DataType.Bool,
  DataType.Int8,
  DataType.Int16,
  DataType.Int32,
  DataType.Int64,
  DataType.Float,
  DataType.Double,
  DataType.VarChar,
] as const

const defaults: { readonly [Type in DataType]?: DefaultValue } = {
  [DataType.Bool]: true,
  [DataType.Int8]: -7,
  [DataType.Int16]: 300,
  [DataType.Int32]: -70_000,
  [DataType.Int64]: 2n ** 53n + 1n,
  [DataType.Float]: 0.5,
  [DataType.Double]: 0.1,
  [DataType.VarChar]: 'default',
}

function rowsOf(fields: readonly Field[], carried: Carried): fc.Arbitrary<Table> {
  const values = Object.fromEntries(
    fields.map((each) => [each.name, nullableValueOf(each, carried)]),
  )
  const rows = fc.uniqueArray(fc.record(values), {
    selector: ({ key }) => key,
    minLength: carried.minRows,
    maxLength: 12,
  })
  const optional = fields.filter((each) => each.nullable || each.defaultValue !== null)
  return fc.record({
    fields: fc.constant(fields),
    rows,
    leftOut: fc.subarray(optional.map(({ name }) => name)).map((names) => new Set(names)),
  })
}

function nullableValueOf(each: Field, carried: Carried): fc.Arbitrary<unknown> {
  const value = valueArbitrary(each, each.dataType, carried)
  const mayBeNull = carried.nulls && (each.nullable || each.defaultValue !== null)
  return mayBeNull ? fc.option(value, { freq: 4 }) : value
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
const single = fc.float({ noNaN: true, noDefaultInfinity: true })
const json = fc.jsonValue().map((value) => JSON.stringify(value))
const members = fc.dictionary(fc.stringMatching(/^m[a-z]{0,4}$/), fc.jsonValue(), {
  noNullPrototype: true,
})
const bits = fc.integer({ min: 0, max: 0xffff })
const half = bits.filter((value) => (value & 0x7c00) !== 0x7c00).map(float16Value)
const bfloat = bits.filter((value) => (value & 0x7f80) !== 0x7f80).map(bfloat16Value)
const sparse = fc.dictionary(fc.nat({ max: 2 ** 32 - 2 }).map(String), single.map(Math.abs), {
  minKeys: 1,
  maxKeys: 5,
  noNullPrototype: true,
})
/** Microseconds of the years 1900 to 2100. */
const time = fc.bigInt({ min: -2_200_000_000_000_000n, max: 4_100_000_000_000_000n }).map(String)
const point = fc.tuple(fc.nat(90), fc.nat(90)).map(([x, y]) => `POINT (${x} ${y})`)

function valueArbitrary(each: Field, dataType: DataType, carried: Carried): fc.Arbitrary<unknown> {
  switch (dataType) {
    case DataType.Bool:
      return fc.boolean()
    case DataType.Int8:
      return fc.integer({ min: -128, max: 127 })
    case DataType.Int16:
      return fc.integer({ min: -32768, max: 32767 })
    case DataType.Int32:
      return fc.integer()
    case DataType.Int64:
      return int64
    case DataType.Float:
      return single
    case DataType.Double:
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case DataType.JSON:
      return each.isDynamic ? members.map((value) => JSON.stringify(value)) : json
    case DataType.Geometry:
      return point
    case DataType.Timestamptz:
      return time
    case DataType.Array:
      return fc.array(valueArbitrary(each, each.elementType, carried), { maxLength: maxCapacity })
    case DataType.SparseFloatVector:
      return sparse
    case DataType.VarChar:
      return carried.text
    default:
      return vectorOf(dataType)
  }
}

function vectorOf(dataType: DataType): fc.Arbitrary<number[]> {
  const list = (item: fc.Arbitrary<number>, length = dim) =>
    fc.array(item, { minLength: length, maxLength: length })
  switch (dataType) {
    case DataType.BinaryVector:
      return list(fc.nat(255), dim / 8)
    case DataType.Int8Vector:
      return list(fc.integer({ min: -128, max: 127 }))
    case DataType.Float16Vector:
      return list(half)
    case DataType.BFloat16Vector:
      return list(bfloat)
    default:
      return list(single)
  }
}
