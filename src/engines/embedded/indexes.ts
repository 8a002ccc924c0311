import { MillraceError } from '../../errors.js'
import { flatParams, indexSpecOf } from '../../indexes/index-spec.js'
import { scalarSpecOf } from '../../indexes/scalar/scalar-spec.js'
import { servedAs } from '../../indexes/served-as.js'
import { checkSparseIndex } from '../../indexes/sparse-spec.js'
import {
  type CollectionSchema,
  dynamicFieldName,
  fieldNamed,
} from '../../schema/collection-schema.js'
import { DataType, isDenseVectorType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { isListMetric, isMetric, type Metric } from '../../schema/metric.js'
import type { IndexProgress } from '../../storage/index-progress.js'
import { indexedPathOf } from '../../storage/indexed-path.js'
import type { CollectionRecord, IndexRecord } from '../../storage/records.js'
import type { TimestampOracle } from '../../storage/timestamp-oracle.js'
import type { PropertyChange } from '../catalog.js'
import type { IndexDescription, NewIndex } from '../engine.js'
import { changedProperties } from './properties.js'

/** The record with one index more; itself where it has that very index already. */
export function withIndex(
  record: CollectionRecord,
  index: NewIndex,
  oracle: TimestampOracle,
): CollectionRecord {
  const field = indexedField(record, index)
  // Milvus: of JSON fields each path and cast may have an index of its own.
  const place = placeOf(field, index.params)
  const rivals = record.indexes.filter(
    (each) => each.fieldId === field.fieldId && placeOf(field, each.params) === place,
  )
  // Milvus: a request without a name means the index that the place has.
  const name = index.indexName || rivals[0]?.name || `${field.name}${pathOf(field, index.params)}`
  const before = rivals[0] ?? record.indexes.find((each) => each.name === name)
  if (before) {
    if (before === rivals[0] && before.name === name && isSame(before, index)) return record
    throw new MillraceError(
      'parameterInvalid',
      before === rivals[0]
        ? `CreateIndex failed: at most one distinct index is allowed per field: field "${field.name}" has index "${before.name}": invalid parameter`
        : `CreateIndex failed: at most one distinct index is allowed per field: index name "${name}" is taken by another field: invalid parameter`,
    )
  }
  checkMapped(index.params)
  checkIndex(record.schema, field, index.params)
  const created: IndexRecord = {
    indexId: oracle.next(),
    name,
    fieldId: field.fieldId,
    params: index.params,
    createdTimestamp: oracle.next(),
  }
  return { ...record, indexes: [...record.indexes, created] }
}

/** The record without the indexes that are named; itself where there is none, as in Milvus. */
export function withoutIndex(
  record: CollectionRecord,
  fieldName: string,
  indexName: string,
): CollectionRecord {
  const dropped = indexesNamed(record, fieldName, indexName)
  if (dropped.length === 0) return record
  const isVector = (index: IndexRecord) =>
    record.schema.fields.some((f) => f.fieldId === index.fieldId && isVectorType(f.dataType))
  if (record.loadedPartitionIds.length > 0 && dropped.some(isVector)) {
    throw new MillraceError(
      'parameterInvalid',
      `vector index cannot be dropped on loaded collection: ${record.schema.name}, please release it first: invalid parameter`,
    )
  }
  return { ...record, indexes: record.indexes.filter((index) => !dropped.includes(index)) }
}

/** Both names may be empty: all. */
export function indexesNamed(
  record: CollectionRecord,
  fieldName: string,
  indexName: string,
): IndexRecord[] {
  return record.indexes.filter((index) => {
    const field = record.schema.fields.find(({ fieldId }) => fieldId === index.fieldId)
    return (!indexName || index.name === indexName) && (!fieldName || field?.name === fieldName)
  })
}

export function describeIndex(
  { schema }: CollectionRecord,
  { indexId, name, fieldId, params }: IndexRecord,
  rowCount: number,
  { indexedRows, totalRows, failure }: IndexProgress,
): IndexDescription {
  const pendingRows = totalRows - indexedRows
  const served = servedAs(params)
  return {
    indexId,
    name,
    fieldName: schema.fields.find((field) => field.fieldId === fieldId)!.name,
    params: served === null ? params : [...params, ['served_as', served]],
    indexedRows: Math.max(0, rowCount - pendingRows),
    totalRows: rowCount,
    pendingRows,
    failure,
  }
}

/** @throws indexNotFound unless every vector field has an index, which loading asks for, as in Milvus. */
export function checkLoadable(record: CollectionRecord): void {
  const missing = record.schema.fields.filter(
    ({ dataType, fieldId }) =>
      isVectorType(dataType) && !record.indexes.some((index) => index.fieldId === fieldId),
  )
  if (missing.length === 0) return
  throw new MillraceError(
    'indexNotFound',
    `index not found[collection=${record.schema.name}]: there is no vector index on field: [${missing.map(({ name }) => name).join(' ')}], please create index firstly`,
  )
}

/** @throws indexNotFound, parameterInvalid for a parameter that an index that stands cannot change */
export function alteredIndex(
  record: CollectionRecord,
  indexName: string,
  change: PropertyChange,
): CollectionRecord {
  const index = record.indexes.find(({ name }) => name === indexName)
  if (!index) {
    throw new MillraceError(
      'indexNotFound',
      `index not found[collection=${record.schema.name}][index=${indexName}]`,
    )
  }
  const keys = [...change.set.map(([key]) => key), ...change.remove]
  const fixed = keys.find((key) => !alterableParams.includes(key))
  if (fixed !== undefined) throw invalidParameter(`${fixed} is not a configable index property`)
  checkReleased(
    record,
    "can't alter index on loaded collection, please release the collection first",
  )
  const altered = { ...index, params: changedProperties(index.params, change) }
  checkMapped(altered.params)
  return {
    ...record,
    indexes: record.indexes.map((each) => (each === index ? altered : each)),
  }
}

/** Milvus: an index that lies on disk is not mapped into memory. @throws parameterInvalid */
function checkMapped(params: NewIndex['params']): void {
  const values = flatParams(params)
  if (values.get('mmap.enabled')?.toLowerCase() !== 'true') return
  if (values.get('index_type')?.toUpperCase() !== 'DISKANN') return
  throw invalidParameter('invalid mmap index params: index type DISKANN does not support mmap')
}

/** @throws collectionLoaded for a change that Milvus makes only of what no node holds */
export function checkReleased(record: CollectionRecord, reason: string): void {
  if (record.loadedPartitionIds.length === 0) return
  throw new MillraceError(
    'collectionLoaded',
    `${reason}: collection already loaded[collection=${record.schema.name}]`,
  )
}

const alterableParams = ['mmap.enabled', 'indexoffsetcache.enabled', 'warmup']

/** The metric a vector field is searched by: its index's, else L2 as Milvus has it for floats. */
export function metricOfField(record: CollectionRecord, field: Field): Metric {
  const index = record.indexes.find(({ fieldId }) => fieldId === field.fieldId)
  if (!index) return 'L2'
  const known = metrics.get(index)
  if (known) return known
  const named = metricOf(index.params)
  const metric = isMetric(named) ? named : 'L2'
  metrics.set(index, metric)
  return metric
}

/** Read once: a record never changes, another takes its place. */
const metrics = new WeakMap<IndexRecord, Metric>()

/** A name that no field has may be that of a dynamic key, where a path is asked for. */
function indexedField(
  { schema }: CollectionRecord,
  { fieldName, params }: Pick<NewIndex, 'fieldName' | 'params'>,
): Field {
  const field = fieldNamed(schema, fieldName)
  if (field) return field
  const dynamic = schema.enableDynamicField ? fieldNamed(schema, dynamicFieldName) : undefined
  if (dynamic && flatParams(params).has('json_cast_type')) return dynamic
  throw new MillraceError('refused', `cannot create index on non-existed field: ${fieldName}`)
}

/** What of a field is indexed: of JSON a path and what its values are, of others the field. */
function placeOf({ dataType }: Field, params: NewIndex['params']): string {
  if (dataType !== DataType.JSON) return ''
  const values = flatParams(params)
  const cast = values.get('json_cast_type')?.trim().toUpperCase()
  return `${values.get('json_path')} as ${cast}`
}

function pathOf({ name, dataType }: Field, params: NewIndex['params']): string {
  const path = dataType === DataType.JSON ? (flatParams(params).get('json_path') ?? '') : ''
  return path.startsWith(name) ? path.slice(name.length) : path
}

function checkIndex(schema: CollectionSchema, field: Field, params: NewIndex['params']): void {
  if (isDenseVectorType(field.dataType)) {
    indexSpecOf(field, params)
    return
  }
  if (!isVectorType(field.dataType)) {
    const { json } = scalarSpecOf(field, params)
    if (json) indexedPathOf(schema, field, json)
    return
  }
  if (field.dataType === DataType.SparseFloatVector) {
    checkSparseIndex(field, params)
    return
  }
  const metric = metricOf(params)
  const isOfLists = field.dataType === DataType.ArrayOfVector
  const isSuited = isMetric(metric) && (isOfLists || !isListMetric(metric))
  if (isSuited) return
  throw new MillraceError(
    'parameterInvalid',
    `metric type ${metric || '""'} is not supported for field "${field.name}": invalid parameter`,
  )
}

function metricOf(params: NewIndex['params']): string {
  return (flatParams(params).get('metric_type') ?? '').toUpperCase()
}

function isSame(index: IndexRecord, wanted: NewIndex): boolean {
  const sorted = (params: NewIndex['params']) =>
    JSON.stringify([...params].sort(([left], [right]) => (left < right ? -1 : 1)))
  return sorted(index.params) === sorted(wanted.params)
}
