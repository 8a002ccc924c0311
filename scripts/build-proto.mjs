// Milvus's protocol, from the reflection JSON that the Node SDK carries: adapted into
// dist/wire/milvus-proto.json, which src/wire/codec.ts loads, and its TypeScript types into
// src/wire/generated/messages.ts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const { default: reflection } = require('@zilliz/milvus2-sdk-node/dist/milvus/proto-json/milvus.js')

const scalarTypes = {
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'bigint',
  uint64: 'bigint',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
}

const floatArrays = { float: 'Float32Array', double: 'Float64Array' }
const columnArrays = {
  ...floatArrays,
  int64: 'BigInt64Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
}

const packageNames = ['milvus', 'common', 'schema', 'msg', 'rg', 'feder']

const packages = adaptedPackages(reflection.nested.milvus.nested.proto.nested)
const definitions = definitionsOf(packages)
write('dist/wire/milvus-proto.json', JSON.stringify(rootOf(packages)))
write('src/wire/generated/messages.ts', messagesSource(packages, definitions))

function write(path, text) {
  const target = resolve(root, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}

/** What is kept, with fields that are newer than the SDK. Custom options need google/protobuf: dropped. */
function adaptedPackages(nested) {
  const kept = Object.fromEntries(packageNames.map((name) => [name, withoutOptions(nested[name])]))
  kept.milvus.nested.ImportRequest.fields.idempotency_key ??= { type: 'string', id: 9 }
  return kept
}

function withoutOptions({ options: _options, nested, ...rest }) {
  if (nested === undefined) return rest
  const kept = Object.entries(nested).filter(([, child]) => child.extend === undefined)
  const children = kept.map(([name, child]) => [name, withoutOptions(child)])
  return { ...rest, nested: Object.fromEntries(children) }
}

function rootOf(nested) {
  return { nested: { milvus: { nested: { proto: { nested } } } } }
}

/** Every message and enum: its name in TypeScript, its full name, and the scopes its types are looked up in. */
function definitionsOf(packages) {
  const definitions = []
  for (const packageName of packageNames) {
    collect(packages[packageName], `milvus.proto.${packageName}`, '', definitions)
  }
  const taken = new Set()
  for (const definition of definitions) {
    if (taken.has(definition.name)) {
      const packageName = definition.fullName.split('.')[2]
      definition.name = packageName[0].toUpperCase() + packageName.slice(1) + definition.name
    }
    taken.add(definition.name)
  }
  return new Map(definitions.map((definition) => [definition.fullName, definition]))
}

function collect(scope, scopeName, prefix, definitions) {
  for (const [name, body] of Object.entries(scope.nested ?? {})) {
    const fullName = `${scopeName}.${name}`
    if (body.methods) continue
    definitions.push({ name: prefix + name, fullName, body })
    collect(body, fullName, prefix + name, definitions)
  }
}

function messagesSource(packages, definitions) {
  const all = [...definitions.values()]
  const messages = all.filter(({ body }) => body.fields)
  const enums = all.filter(({ body }) => body.values)
  return [
    '// Written by scripts/build-proto.mjs.',
    ...enums.map(enumSource),
    ...messages.map((message) => interfaceSource(message, definitions)),
    block('export interface Messages', messages, ({ name }) => `readonly ${name}: ${name}`),
    `${block('export const messageTypes =', messages, ({ name, fullName }) => `${name}: '${fullName}',`)} as const`,
    methodsSource(packages.milvus.nested.MilvusService.methods, definitions, privilegesOf()),
    '',
  ].join('\n\n')
}

function block(head, items, line) {
  return `${head} {\n${items.map((item) => `  ${line(item)}\n`).join('')}}`
}

function enumSource({ name, body }) {
  const values = Object.entries(body.values)
  return `${block(`export const ${name} =`, values, ([key, value]) => `${key}: ${value},`)} as const`
}

function interfaceSource({ name, fullName, body }, definitions) {
  const members = new Set(Object.values(body.oneofs ?? {}).flatMap(({ oneof }) => oneof))
  return block(`export interface ${name}`, Object.entries(body.fields), ([fieldName, field]) => {
    const type = fieldType(field, fullName, isColumn(body), definitions)
    return `readonly ${fieldName}: ${members.has(fieldName) ? nullable(type) : type}`
  })
}

function nullable(type) {
  return type.endsWith('| null') ? type : `${type} | null`
}

function fieldType(field, scopeName, inColumn, definitions) {
  const type = scalarTypes[field.type] ?? namedType(field.type, scopeName, definitions)
  if (field.keyType) return `Readonly<Record<string, ${type}>>`
  if (field.rule === 'repeated') return repeatedType(field.type, type, inColumn)
  const isMessage = scalarTypes[field.type] === undefined && type !== 'number'
  return isMessage ? `${type} | null` : type
}

/** A name is looked up from the innermost scope outwards, as protobuf does. */
function namedType(typeName, scopeName, definitions) {
  const scopes = scopeName.split('.')
  for (let depth = scopes.length; depth > 0; depth--) {
    const found = definitions.get(`${scopes.slice(0, depth).join('.')}.${typeName}`)
    if (found) return found.body.values ? 'number' : found.name
  }
  throw new Error(`${scopeName}: no type named ${typeName}`)
}

/** schema.LongArray and its kin, whose only field is `data`: columns, as src/wire/column-codec.ts decodes them. */
function isColumn({ fields }) {
  return Object.keys(fields).join() === 'data'
}

function repeatedType(wireType, type, inColumn) {
  const arrayType = (inColumn ? columnArrays : floatArrays)[wireType]
  return arrayType ?? `readonly ${type}[]`
}

/** What a call needs, by the name of its request: an option of the message, which names fields by number. */
function privilegesOf() {
  const messages = Object.entries(reflection.nested.milvus.nested.proto.nested.milvus.nested)
  return new Map(messages.map(([name, message]) => [name, privilegeSource(message)]))
}

function privilegeSource({ options = {}, fields = {} }) {
  const option = (name) => options[`(common.privilege_ext_obj).${name}`]
  if (option('object_privilege') === undefined) return 'null'
  const number = option('object_name_index') || option('object_name_indexs') || -1
  const field = Object.keys(fields).find((name) => fields[name].id === number)
  const name = option('object_privilege').replace(/^Privilege/, '')
  const namedBy = field === undefined ? 'null' : `'${field}'`
  return `{ name: '${name}', objectType: '${option('object_type')}', namedBy: ${namedBy} }`
}

function methodsSource(methods, definitions, privileges) {
  const lines = block(
    'export const serviceMethods =',
    Object.entries(methods),
    ([name, method]) => {
      const messageName = (type) => namedType(type, 'milvus.proto.milvus', definitions)
      const request = `request: '${messageName(method.requestType)}'`
      const response = `response: '${messageName(method.responseType)}'`
      const requestStream = `requestStream: ${method.requestStream === true}`
      const responseStream = `responseStream: ${method.responseStream === true}`
      const privilege = `privilege: ${privileges.get(method.requestType) ?? 'null'}`
      const members = [request, response, requestStream, responseStream, privilege]
      return `${name}: { ${members.join(', ')} },`
    },
  )
  return `${lines} as const`
}
