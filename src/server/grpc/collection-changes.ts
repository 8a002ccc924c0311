import { MillraceError } from '../../errors.js'
import { decode } from '../../wire/codec.js'
import { fieldFromMessage } from '../../wire/field-schema.js'
import type {
  AlterCollectionSchemaRequestAddRequest,
  AlterCollectionSchemaRequestDropRequest,
} from '../../wire/generated/messages.js'
import { pairsFromKeyValues } from '../../wire/key-values.js'
import { subFieldsFromMessage } from '../../wire/struct-schema.js'
import { timeZoneOfCollection } from '../time-zone.js'
import type { Call, Handlers } from './call.js'
import { refuse } from './unsupported.js'

export const collectionChangeHandlers = {
  async RenameCollection({ engine, dbName }, { oldName, newName, newDBName }) {
    await engine.changes.rename(dbName, oldName, newDBName || dbName, newName)
    return undefined
  },

  async AlterCollection({ engine, dbName }, { collection_name, properties, delete_keys }) {
    const change = { set: pairsFromKeyValues(properties), remove: delete_keys }
    await engine.changes.alter(dbName, collection_name, change)
    return undefined
  },

  async AlterCollectionField({ engine, dbName }, request) {
    const { collection_name, field_name, properties, delete_keys } = request
    const change = { set: pairsFromKeyValues(properties), remove: delete_keys }
    await engine.changes.alterField(dbName, collection_name, field_name, change)
    return undefined
  },

  async AddCollectionField({ engine, dbName }, { collection_name, schema }) {
    const timeZone = timeZoneOfCollection(engine, dbName, collection_name)
    const field = fieldFromMessage(decode('FieldSchema', schema), timeZone)
    await engine.changes.addField(dbName, collection_name, field)
    return undefined
  },

  async AddCollectionStructField({ engine, dbName }, request) {
    const { collection_name, struct_array_field_schema } = request
    if (!struct_array_field_schema) {
      throw new MillraceError('parameterMissing', 'add struct array field: no field is given')
    }
    const subFields = subFieldsFromMessage(struct_array_field_schema)
    await engine.changes.addStruct(dbName, collection_name, subFields)
    return undefined
  },

  /** What the newest SDKs send to add and to drop a field. */
  async AlterCollectionSchema(call, { collection_name, action }) {
    if (action?.add_request) await addFields(call, collection_name, action.add_request)
    else if (action?.drop_request) await dropField(call, collection_name, action.drop_request)
    else throw new MillraceError('parameterMissing', 'alter collection schema: no action is given')
    return {}
  },

  async TruncateCollection({ engine, dbName }, { collection_name }) {
    await engine.changes.truncate(dbName, collection_name)
    return {}
  },
} satisfies Handlers

async function addFields(
  { engine, dbName }: Call,
  collectionName: string,
  { field_infos, func_schema }: AlterCollectionSchemaRequestAddRequest,
): Promise<void> {
  const [field_info, ...others] = field_infos
  refuse({
    'adding functions': func_schema.length > 0,
    'adding several fields at once': others.length > 0,
  })
  if (!field_info?.field_schema) {
    throw new MillraceError('parameterMissing', 'alter collection schema: no field is given')
  }
  const timeZone = timeZoneOfCollection(engine, dbName, collectionName)
  const field = fieldFromMessage(field_info.field_schema, timeZone)
  await engine.changes.addField(dbName, collectionName, field)
}

async function dropField(
  { engine, dbName }: Call,
  collectionName: string,
  { field_name, field_id, function_name }: AlterCollectionSchemaRequestDropRequest,
): Promise<void> {
  refuse({ 'dropping functions': Boolean(function_name) })
  await engine.changes.dropField(dbName, collectionName, field_name ?? '', Number(field_id ?? 0n))
}
