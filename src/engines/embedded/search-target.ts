import { MillraceError } from '../../errors.js'
import { bindExpr } from '../../expr/bind-expr.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import { fillTemplates } from '../../expr/fill-templates.js'
import type { FilterValues } from '../../expr/filter-values.js'
import { parseExpr } from '../../expr/parse-expr.js'
import { readTexts } from '../../expr/read-texts.js'
import type { IndexSpec } from '../../indexes/index-family.js'
import { flatParams, storedSpecOf } from '../../indexes/index-spec.js'
import { searchParamsOf } from '../../indexes/search-params.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import { isDenseVectorType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { Metric } from '../../schema/metric.js'
import { isPath } from '../../search/filter/scalar-index.js'
import type { IndexToSearch } from '../../search/nearest/nearest-query.js'
import type { HybridPart } from '../../search/search-request.js'
import type { CollectionRecord, IndexRecord } from '../../storage/records.js'
import { wantedIndexes } from '../../storage/wanted-indexes.js'
import { metricOfField } from './indexes.js'
import { recentFilter } from './recent-filters.js'

/**
 * A filter for the rows of a collection; null: all of them. Milvus: what an index with a
 * `json_cast_function` converts is found as what it is converted to; here in all rows, indexed or not.
 */
export function boundFilter(
  record: CollectionRecord,
  filter: string,
  values: FilterValues = new Map(),
): BoundExpr | null {
  if (filter.trim() === '') return null
  const read = () => readFilter(record, filter, values)
  return values.size > 0 ? read() : recentFilter(record, filter, read)
}

function readFilter(
  { schema, indexes }: CollectionRecord,
  filter: string,
  values: FilterValues,
): BoundExpr {
  const bound = bindExpr(fillTemplates(parseExpr(filter), values), schema)
  const converting = convertingAmong(indexes)
  if (converting.length === 0) return bound
  const wanted = wantedIndexes({ schema, indexes: converting })
  return readTexts(bound, ({ field, path }) =>
    wanted.some(
      (each) =>
        each.kind === 'scalar' &&
        each.field.fieldId === field.fieldId &&
        isPath(each.json?.path ?? [], path),
    ),
  )
}

function convertingAmong(indexes: readonly IndexRecord[]): readonly IndexRecord[] {
  const known = converting.get(indexes)
  if (known) return known
  const among = indexes.filter(({ params }) => flatParams(params).has('json_cast_function'))
  converting.set(indexes, among)
  return among
}

/** Read once: a record never changes, another takes its place. */
const converting = new WeakMap<readonly IndexRecord[], readonly IndexRecord[]>()

/** The vector field of a name, or the only one. @throws parameterInvalid */
export function searchedField(schema: CollectionSchema, name: string): Field {
  const vectors = schema.fields.filter(({ dataType }) => isVectorType(dataType))
  if (name === '' && vectors.length === 1) return vectors[0]
  if (name === '') {
    throw invalidParameter(
      'multiple anns_fields exist, please specify a anns_field in search_params',
    )
  }
  const field = fieldNamed(schema, name)
  if (field && isVectorType(field.dataType)) return field
  if (field) {
    throw invalidParameter(
      `failed to create query plan: field (${name}) to search is not of vector data type`,
    )
  }
  throw invalidParameter(
    `failed to create query plan: failed to get field schema by name: fieldName(${name}) not found: expected a vector field`,
  )
}

/** The metric of the field's index, which is the one to ask for. @throws parameterInvalid */
export function searchedMetric(record: CollectionRecord, field: Field, asked: string): Metric {
  const metric = metricOfField(record, field)
  if (asked === '' || asked.toUpperCase() === metric) return metric
  throw new MillraceError(
    'parameterInvalid',
    `metric type not match: invalid parameter[expected=${metric}][actual=${asked}]`,
  )
}

/**
 * The index of a dense vector field, with the search's parameters; null: none, all rows are looked at.
 * @throws parameterInvalid for a parameter that the index does not take
 */
export function indexToSearch(
  { indexes }: CollectionRecord,
  field: Field,
  { params, topK }: Pick<HybridPart, 'params' | 'topK'>,
): IndexToSearch | null {
  const index = indexes.find(({ fieldId }) => fieldId === field.fieldId)
  if (!index || !isDenseVectorType(field.dataType)) return null
  const spec = specOf(index, field)
  return { indexId: index.indexId, spec, params: searchParamsOf(spec, params, topK) }
}

/** Read once, too. */
function specOf(index: IndexRecord, field: Field): IndexSpec {
  const known = specs.get(index)
  if (known) return known
  const spec = storedSpecOf(field, index.params)
  specs.set(index, spec)
  return spec
}

const specs = new WeakMap<IndexRecord, IndexSpec>()
