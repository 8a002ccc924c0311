import { MillraceError } from '../errors.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { isMetric, type Metric } from '../schema/metric.js'
import type { IndexSpec } from './index-family.js'
import { type IndexType, indexTypes, type NumberParam } from './index-types.js'

export type IndexParams = readonly (readonly [key: string, value: string])[]

/**
 * What the parameters of an index on a dense vector field mean, as Milvus reads them: those inside `params`
 * count as if they stood beside it, "None" is left out, and unknown ones are kept out of it.
 * @throws parameterInvalid with Milvus's text
 */
export function indexSpecOf(field: Field, params: IndexParams): IndexSpec {
  return storedSpecOf(field, params, (error) => {
    throw error
  })
}

/**
 * The same of an index that was created before, also by an older release: a parameter that is refused by now
 * counts as left out.
 * @param refuse told of each
 */
export function storedSpecOf(
  field: Field,
  params: IndexParams,
  refuse: Refuse = () => {},
): IndexSpec {
  const values = flatParams(params)
  const indexType = (values.get('index_type') || 'AUTOINDEX').toUpperCase()
  const type = typeNamed(indexType)
  checkDataType(field, indexType, type)
  const metric = metricFor(field, values, type)
  const numbers = type.numbers.map(
    (param) => [param.name, numberOf(param, values, refuse)] as const,
  )
  const words = type.words.map((param) => [param.name, wordOf(param, values, refuse)] as const)
  const spec = { indexType, metric, params: Object.fromEntries([...numbers, ...words]) }
  checkSubvectors(field, spec)
  checkRefine(spec, values, refuse)
  return withParts(field, spec, values, refuse)
}

type Refuse = (error: MillraceError) => void

/** The parameters, those of the JSON in `params` among them. @throws parameterInvalid */
export function flatParams(params: IndexParams): Map<string, string> {
  const flat = new Map(params.map(([key, value]) => [key, value]))
  const nested = flat.get('params')
  flat.delete('params')
  if (!nested) return flat
  for (const [key, value] of Object.entries(objectFrom(nested))) {
    if (value === null || flat.has(key)) continue
    flat.set(key, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return flat
}

function objectFrom(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {}
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw invalid(`index params: expected JSON, got ${text}`)
}

function typeNamed(indexType: string): IndexType {
  const type = indexTypes[indexType]
  if (type) return type
  throw new MillraceError(
    'parameterInvalid',
    `invalid parameter[expected=valid index][actual=invalid index type: ${indexType}]`,
  )
}

function checkDataType({ dataType }: Field, indexType: string, type: IndexType): void {
  if (type.dataTypes.includes(dataType)) return
  throw invalid(`data type ${dataTypeName(dataType)} can't build with this index ${indexType}`)
}

function metricFor({ dataType }: Field, values: Map<string, string>, type: IndexType): Metric {
  const metric = (values.get('metric_type') ?? '').toUpperCase()
  if (metric === '') throw invalidParams('metric type not set for vector index')
  if (isMetric(metric) && type.metrics.includes(metric) && suits(metric, dataType)) return metric
  const noun = vectorNouns[dataType] ?? 'vector'
  throw invalidParams(
    `${noun} vector index does not support metric type: ${values.get('metric_type')}`,
  )
}

const vectorNouns: Partial<Record<DataType, string>> = {
  [DataType.FloatVector]: 'float',
  [DataType.Float16Vector]: 'float',
  [DataType.BFloat16Vector]: 'float',
  [DataType.Int8Vector]: 'int',
  [DataType.BinaryVector]: 'binary',
}

/** AUTOINDEX takes all of them, each with its own metrics. */
function suits(metric: Metric, dataType: DataType): boolean {
  const isOfFloats = metric === 'L2' || metric === 'IP' || metric === 'COSINE'
  return isOfFloats !== (dataType === DataType.BinaryVector)
}

function numberOf(param: NumberParam, values: Map<string, string>, refuse: Refuse): number {
  const text = values.get(param.name)
  if (text === undefined || text === 'None') return param.default!
  if (!/^-?\d+$/.test(text)) {
    const said = /^-?\d*\.\d*$/.test(text) ? 'wrong data type in json' : 'invalid integer value'
    refuse(invalid(`${said}, key: '${param.name}', value: '${text}'`))
    return param.default!
  }
  const value = Number(text)
  if (value >= param.min && value <= param.max) return value
  refuse(invalid(outOfRange(param, text)))
  return param.default!
}

export function outOfRange({ name, min, max, isFraction }: NumberParam, text: string): string {
  const shown = (bound: number) => (isFraction ? `${BigInt(bound)}.000000` : `${bound}`)
  const range = `[${shown(min)}, ${shown(max)}]`
  return `Out of range in json: param '${name}' (${text}) should be in range ${range}`
}

function wordOf(
  { name, default: fallback, words, noun }: IndexType['words'][number],
  values: Map<string, string>,
  refuse: Refuse,
): string | boolean {
  const text = values.get(name)
  if (text === undefined || text === 'None') return fallback
  if (words?.includes(text.toLowerCase())) return text.toUpperCase()
  if (words) {
    refuse(invalid(`invalid ${noun} : ${text}, optional types are [${words.join(', ')}]`))
    return fallback
  }
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  refuse(invalid(`Type conflict in json: param '${name}' (${text}) should be a boolean`))
  return fallback
}

function checkSubvectors({ dim }: Field, { indexType, params }: IndexSpec): void {
  if (params.m === undefined || dim % Number(params.m) === 0) return
  const article = indexType === 'IVF_PQ' ? 'a' : 'the'
  throw invalid(
    `The dimension of ${article} vector (dim) should be a multiple of the number of subquantizers (m).` +
      ` Dimension: ${dim}, m: ${params.m}`,
  )
}

/** Where nobody says how wide parts are, an odd dimension is served, which Milvus does not. */
function withParts(
  { dim }: Field,
  spec: IndexSpec,
  values: Map<string, string>,
  refuse: Refuse,
): IndexSpec {
  const { indexType, params } = spec
  if (!values.has('sub_dim') || params.sub_dim === undefined) return spec
  if (dim % Number(params.sub_dim) === 0) return spec
  refuse(
    invalid(
      'The dimension of a vector (dim) should be a multiple of sub_dim.' +
        ` Dimension:${dim}, sub_dim:${params.sub_dim}`,
    ),
  )
  const usual = indexTypes[indexType].numbers.find(({ name }) => name === 'sub_dim')!
  return { ...spec, params: { ...params, sub_dim: usual.default! } }
}

/** Milvus: of a graph of the vectors themselves there is nothing to refine. */
function checkRefine({ indexType }: IndexSpec, values: Map<string, string>, refuse: Refuse): void {
  if (indexType !== 'HNSW') return
  const isWanted = values.get('refine')?.toLowerCase() === 'true' || values.has('refine_type')
  if (isWanted) refuse(invalid('refine is not supported for this index'))
}

function invalid(text: string): MillraceError {
  return new MillraceError('parameterInvalid', `${text}: invalid parameter`)
}

function invalidParams(text: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `${text}: invalid parameter[expected=valid index params][actual=invalid index params]`,
  )
}
