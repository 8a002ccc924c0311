/**
 * Milvus's messages: bytes ↔ typed values, by message name. 64-bit integers are bigint, columns of rows
 * typed arrays, `bytes` fields views of the message. What a message lacks reads as 0, '' or empty; a
 * message, or a member of a oneof, that is absent reads as null.
 */
import { readFileSync } from 'node:fs'
import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs/light.js'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import { columnCodecOf, useColumnCodec } from './column-codec.js'
import { ExactReader, ExactWriter } from './exact-io.js'
import { type Messages, messageTypes } from './generated/messages.js'

export type MessageName = keyof Messages

/** What `encode` takes: any field may be left out. */
export type MessageInput<Name extends MessageName> = Partly<Messages[Name]>

type Whole =
  | Uint8Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string
  | number
  | bigint
  | boolean
  | null

type Partly<Value> = Value extends Whole
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Partly<Item>[]
    : { readonly [Key in keyof Value]?: Partly<Value[Key]> }

/** @throws parameterInvalid when the bytes are no such message */
export function decode<Name extends MessageName>(name: Name, bytes: Uint8Array): Messages[Name] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    return typeNamed(name).decode(new ExactReader(buffer)) as unknown as Messages[Name]
  } catch (error) {
    throw malformed(name, error)
  }
}

/**
 * As `decode`, of a message without one of its fields: to know what a large one is about before the most of it
 * is decoded.
 */
export function decodeWithout<Name extends MessageName>(
  name: Name,
  fieldName: keyof Messages[Name] & string,
  bytes: Uint8Array,
): Messages[Name] {
  const { id } = typeNamed(name).fields[fieldName]
  const reader = new ExactReader(bytes)
  const kept: Uint8Array[] = []
  try {
    while (reader.pos < reader.len) {
      const begin = reader.pos
      const tag = reader.uint32()
      reader.skipType(tag & 7)
      if (tag >>> 3 !== id) kept.push(bytes.subarray(begin, reader.pos))
    }
  } catch (error) {
    throw malformed(name, error)
  }
  return decode(name, Buffer.concat(kept))
}

export function encode<Name extends MessageName>(name: Name, message: MessageInput<Name>): Buffer {
  return typeNamed(name).encode(message, new ExactWriter()).finish() as Buffer
}

function malformed(name: MessageName, error: unknown): MillraceError {
  const reason = millraceErrorFrom(error).message
  return new MillraceError('parameterInvalid', `malformed ${name} message: ${reason}`, {}, error)
}

const root = loadRoot()
const types = new Map<MessageName, Type>()
const prepared = new Set<Type>()

/** `Root.fromJSON` would resolve all 430 types now, in 55 ms: they are resolved when first used. */
function loadRoot(): protobuf.Root {
  const text = readFileSync(new URL('./milvus-proto.json', import.meta.url), 'utf8')
  const loaded = new protobuf.Root()
  loaded.addJSON(JSON.parse(text).nested)
  return loaded
}

function typeNamed(name: MessageName): Type {
  const known = types.get(name)
  if (known) return known
  const type = root.lookupType(messageTypes[name])
  prepare(type)
  types.set(name, type)
  return type
}

/** Generates the code of a type and of those it contains, and bends it to what this file promises. */
function prepare(type: Type): void {
  if (prepared.has(type)) return
  prepared.add(type)
  for (const field of type.fieldsArray) {
    field.resolve()
    if (field.resolvedType instanceof protobuf.Type) prepare(field.resolvedType)
    // Without resolveAll no field knows that proto3 packs.
    if (field.repeated) Object.defineProperty(field, 'packed', { value: true })
  }
  type.setup()
  const columnCodec = columnCodecOf(type)
  if (columnCodec) useColumnCodec(type, columnCodec)
  else finishDecoded(type)
  const defaults = type.ctor.prototype as Decoded
  for (const field of type.fieldsArray) setDefault(defaults, field)
  if (columnCodec) defaults.data = columnCodec.empty
}

type Decoded = Record<string, unknown>

function setDefault(defaults: Decoded, field: Field): void {
  if (field.map) return
  if (field.repeated) {
    const valuesType = floatArrays[field.type]
    if (valuesType) defaults[field.name] = new valuesType(0)
  } else if (field.partOf) defaults[field.name] = null
  else if (isInt64(field)) defaults[field.name] = 0n
  else if (field.type === 'bytes') defaults[field.name] = Buffer.alloc(0)
}

const floatArrays: Readonly<Record<string, typeof Float32Array | typeof Float64Array>> = {
  float: Float32Array,
  double: Float64Array,
}

function finishDecoded(type: Type): void {
  const steps = type.fieldsArray.map(finishStep).filter((step) => step !== null)
  if (steps.length === 0) return
  const decodeType = type.decode
  type.decode = (...given: Parameters<Type['decode']>) => {
    const message = decodeType.apply(type, given)
    for (const step of steps) step(message as unknown as Decoded)
    return message
  }
}

function finishStep(field: Field): ((message: Decoded) => void) | null {
  const { name } = field
  const valuesType = floatArrays[field.type]
  if (field.repeated && valuesType) {
    return (message) => {
      const values = message[name]
      if (Array.isArray(values)) message[name] = valuesType.from(values)
    }
  }
  return field.map && isInt64(field) ? (message) => makeBigint(message[name] as Decoded) : null
}

/** protobufjs gives the number 0 for a value that a map's entry lacks. */
function makeBigint(map: Decoded): void {
  for (const [key, value] of Object.entries(map)) if (value === 0) map[key] = 0n
}

function isInt64(field: Field): boolean {
  return field.type === 'int64' || field.type === 'uint64'
}
