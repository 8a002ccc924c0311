import type { FixedBuilder } from '../../column/column-builder.js'
import { FloatLists, floatListCountMax } from '../../kernels/float-lists.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { encodeBFloat16, encodeFloat16 } from '../float16.js'
import type { ByteCursor } from './byte-cursor.js'
import { type JsonReader, readDouble, readFloat, scanInteger } from './json-numbers.js'
import { nextElement, openList, skipSpace } from './json-scan.js'
import { ValueFault, vectorWords, wrongKind } from './value-fault.js'

const expectedNumbers = 'a list of numbers'
const expectedComponent = 'a list of numbers only'

/** Of shorter ones, a call of the kernel costs more than it saves. */
const kernelDimMin = 8

export function floatVectorReader(field: Field, builder: FixedBuilder): JsonReader {
  const { dim } = field
  const lists = dim >= kernelDimMin && dim <= floatListCountMax ? new FloatLists(dim) : null
  return (cursor) => {
    const begin = builder.openRow()
    const values = builder.values as Float32Array
    const { bytes, position, end } = cursor
    const listEnd = lists?.read(bytes, position, end, values, begin) ?? -1
    // What the kernel would not take is read number by number, which also finds what is wrong with it.
    if (listEnd >= 0) cursor.position = listEnd
    else refuseCount(field, readFloats(field, cursor, values, begin, begin + builder.width))
    builder.closeRow()
  }
}

/** Reads a list into `values[begin, end)`. Returns how many elements it has, which may be more. */
function readFloats(
  field: Field,
  cursor: ByteCursor,
  values: Float32Array,
  begin: number,
  end: number,
): number {
  let index = begin
  for (let more = openVector(field, cursor); more; more = nextElement(cursor)) {
    skipSpace(cursor)
    // What is too much is written over the last one: the row is refused anyway.
    readFloat(field, cursor, values, index < end ? index : end - 1, expectedComponent)
    index++
  }
  return index - begin
}

function openVector(field: Field, cursor: ByteCursor): boolean {
  if (cursor.bytes[cursor.position] !== 0x5b) throw wrongKind(field, cursor, expectedNumbers)
  return openList(cursor)
}

/** @param count elements of the list: a byte of a BinaryVector has 8 of the components */
function refuseCount({ name, dataType, dim }: Field, count: number): void {
  const isBinary = dataType === DataType.BinaryVector
  const got = isBinary ? count * 8 : count
  if (got === dim) return
  const expected = isBinary ? `${dim / 8} bytes` : `${dim} numbers`
  const newest = `expected dim '${dim}' for field '${name}' with type '${dataTypeName(dataType)}', got dim '${got}'`
  const noun = isBinary ? 'bit' : 'array'
  throw new ValueFault(
    name,
    `expected a list of ${expected}, got ${count}: ${newest}: ${noun} size ${got} doesn't equal to vector dimension ${dim} of field '${name}'`,
  )
}

/** For Float16 and BFloat16: each number is rounded once, from its double. */
export function halfVectorReader(field: Field, builder: FixedBuilder): JsonReader {
  const doubles = new Float64Array(builder.width)
  const isBrain = field.dataType === DataType.BFloat16Vector
  const encode = isBrain ? encodeBFloat16 : encodeFloat16
  return (cursor) => {
    refuseCount(field, readDoubles(field, cursor, doubles))
    const begin = builder.openRow()
    const bits = (builder.values as Uint16Array).subarray(begin, begin + builder.width)
    const fault = encode(doubles, bits)
    if (fault >= 0) throw halfOverflow(field, doubles[fault], fault)
    builder.closeRow()
  }
}

function readDoubles(field: Field, cursor: ByteCursor, values: Float64Array): number {
  let index = 0
  for (let more = openVector(field, cursor); more; more = nextElement(cursor)) {
    skipSpace(cursor)
    readDouble(field, cursor, values, Math.min(index, values.length - 1), expectedComponent)
    index++
  }
  return index
}

function halfOverflow(field: Field, value: number, index: number): ValueFault {
  const words = vectorWords(field.dataType)
  const noun = words.split(' ')[0]
  return new ValueFault(
    field.name,
    `expected numbers in the range of ${noun}, got ${value} in component ${index}: ${words} contain nan or infinity value.`,
  )
}

/** For BinaryVector and Int8Vector. */
export function byteVectorReader(field: Field, builder: FixedBuilder): JsonReader {
  const [min, max] = field.dataType === DataType.BinaryVector ? [0, 255] : [-128, 127]
  return (cursor) => {
    const begin = builder.openRow()
    const values = builder.values as Uint8Array | Int8Array
    const end = begin + builder.width
    let index = begin
    for (let more = openVector(field, cursor); more; more = nextElement(cursor)) {
      skipSpace(cursor)
      const value = scanInteger(field, field.dataType, cursor, max, min)
      if (index < end) values[index] = value
      index++
    }
    refuseCount(field, index - begin)
    builder.closeRow()
  }
}
