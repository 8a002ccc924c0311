import type { ErrorKind } from '../../errors.js'
import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import type { Metric } from '../../schema/metric.js'
import { elementFilterOf, elementsOf } from '../../search/filter/element-filter.js'
import { rounded, scoreOf, scoresOf } from '../../search/ranking/scores.js'
import { isAggregate } from '../../search/rows/aggregate-name.js'
import { outputFieldsOf, searchOutputFieldsOf } from '../../search/rows/output-fields.js'
import { countRows } from '../../search/rows/row-query.js'
import type {
  HybridSearchRequest,
  OutputField,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import type { Hit } from '../../search/vector-search.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { joined } from '../../util/joined.js'
import { aggregatedFields } from './aggregate-query.js'
import { answerOf, gatherFields } from './answers.js'
import type { Collections, OpenCollection } from './collections.js'
import { checkCount, countField, countName, isCount } from './count-query.js'
import { groupColumns, groupFieldsOf, groupOutputs } from './group-fields.js'
import { checkLoaded } from './loaded-checks.js'
import { hitsOf, openSearch } from './open-search.js'
import { orderedHits } from './ordered-hits.js'
import { partitionIdsOf } from './partitions-named.js'
import { queriedRows } from './queried-rows.js'
import { rankedGroups, rankedLists } from './ranked-lists.js'
import { boundFilter } from './search-target.js'
import { zonedRecordOf } from './time-zone.js'

/** What every read says of where to look. */
type Scope = Pick<
  SearchRequest,
  'dbName' | 'collectionName' | 'partitionNames' | 'ignoreGrowing' | 'timeZone'
>

/** Searches and queries: each pins a snapshot, answers from it, and lets it go. */
export class Reads {
  readonly #context: RowsContext
  readonly #collections: Collections

  constructor(context: RowsContext, collections: Collections) {
    this.#context = context
    this.#collections = collections
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const open = await this.#loaded(request)
    const { schema } = open.record
    const output = searchOutputFieldsOf(schema, request.outputFields)
    const groupFields = groupFieldsOf(schema, request.grouping)
    return this.#withViews(open, request, async (views) => {
      const opened = await openSearch(this.#context, open.record, views, request, request.signal)
      const found = await hitsOf(opened, views, request, groupFields)
      const hits = await orderedHits(views, schema, request.orderBy, found)
      const rows = joined(hits)
      const answer = await answerOf(schema, views, rows, output)
      const { metric, queries } = opened.search
      return {
        collectionName: answer.collectionName,
        primaryFieldName: answer.primaryFieldName,
        ids: answer.ids,
        fields: answer.fields,
        outputFieldNames: answer.outputFieldNames,
        nq: queries.nq,
        topK: request.topK,
        hitCounts: hits.map(({ length }) => length),
        scores: scoresOf(rows, metric, request.roundDecimal),
        groupFields: await groupOutputs(views, rows, groupFields),
        elements: elementsOfHits(rows),
        lastBound: lastBoundOf(rows, metric, request),
      }
    })
  }

  async hybridSearch(request: HybridSearchRequest): Promise<SearchResult> {
    const open = await this.#loaded(request)
    const { schema } = open.record
    const output = searchOutputFieldsOf(schema, request.outputFields)
    const groupFields = groupFieldsOf(schema, request.grouping)
    return this.#withViews(open, request, async (views) => {
      const columns = await groupColumns(views, groupFields)
      const lists = await rankedLists(this.#context, open.record, views, request, columns)
      const { topK, offset, roundDecimal } = request
      const fused = lists.map((ofQuery) =>
        rankedGroups(ofQuery, request, columns).slice(offset, offset + topK),
      )
      const hits = await orderedHits(views, schema, request.orderBy, fused)
      const rows = joined(hits)
      const answer = await answerOf(schema, views, rows, output)
      const scores = Float32Array.from(rows, ({ score }) =>
        roundDecimal < 0 ? score : rounded(score, roundDecimal),
      )
      return {
        collectionName: answer.collectionName,
        primaryFieldName: answer.primaryFieldName,
        ids: answer.ids,
        fields: answer.fields,
        outputFieldNames: answer.outputFieldNames,
        nq: hits.length,
        topK,
        hitCounts: hits.map(({ length }) => length),
        scores,
        groupFields: await groupOutputs(views, rows, groupFields),
      }
    })
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    const open = await this.#loaded(request, 'parameterInvalid')
    const { schema } = open.record
    const filter = boundFilter(open.record, request.filter, request.filterValues)
    return this.#withViews(open, request, async (views, timestamp) => {
      if (isAggregated(request)) {
        const fields = await aggregatedFields(views, filter, schema, request)
        const names = fields.map(({ field }) => field.name)
        return queryResult(schema, timestamp, fields, names)
      }
      if (request.outputFields.some(isCount)) {
        checkCount(request)
        const fields = [countField(await countRows(views, filter))]
        return queryResult(schema, timestamp, fields, [countName])
      }
      const output = outputFieldsOf(schema, request.outputFields)
      const rows = await queriedRows(views, filter, schema, request)
      const fields = await gatherFields(views, rows, output)
      const picked = elementFilterOf(filter)
      const elements = picked && (await elementsOf(views, rows, picked))
      return queryResult(schema, timestamp, fields, output.names, elements)
    })
  }

  /** With the schema for the request's time zone. @throws collectionNotLoaded, partitionNotLoaded */
  async #loaded(
    { dbName, collectionName, partitionNames, timeZone }: Scope,
    kind: ErrorKind = 'refused',
  ): Promise<OpenCollection> {
    const { record } = this.#collections.named(dbName, collectionName)
    await this.#collections.loads.reloaded(record.collectionId)
    const open = this.#collections.named(dbName, collectionName)
    const loadingIds = this.#collections.loads.partitionIds(open.record.collectionId)
    checkLoaded(open.record, loadingIds, partitionNames, kind)
    return { record: zonedRecordOf(open.record, timeZone), rows: open.rows }
  }

  async #withViews<Result>(
    { record, rows }: OpenCollection,
    { partitionNames, ignoreGrowing = false }: Scope,
    read: (views: readonly SegmentView[], timestamp: bigint) => Promise<Result>,
  ): Promise<Result> {
    const wanted = partitionIdsOf(record, partitionNames)
    const snapshot = await rows.snapshot(wanted.filter((id) => rows.isLoaded(id)))
    try {
      const views = snapshot.views.filter(({ isGrowing }) => !(ignoreGrowing && isGrowing))
      return await read(views, snapshot.timestamp)
    } finally {
      snapshot.release()
    }
  }
}

function queryResult(
  schema: CollectionSchema,
  sessionTimestamp: bigint,
  fields: readonly OutputField[],
  outputFieldNames: readonly string[],
  elements: QueryResult['elements'] = null,
): QueryResult {
  return {
    collectionName: schema.name,
    primaryFieldName: primaryKeyOf(schema).name,
    fields,
    outputFieldNames,
    elements,
    sessionTimestamp,
  }
}

/** A lone `count(*)` needs no values of rows. */
function isAggregated({ groupBy = [], outputFields }: QueryRequest): boolean {
  if (groupBy.length > 0) return true
  return outputFields.some((name) => isAggregate(name) && !isCount(name))
}

function elementsOfHits(hits: readonly Hit[]): readonly number[] | null {
  const elements: number[] = []
  for (const { element } of hits) if (element !== undefined) elements.push(element)
  return elements.length > 0 ? elements : null
}

/** An empty page is the last, and leaves the bound where it was. */
function lastBoundOf(rows: readonly Hit[], metric: Metric, { page }: SearchRequest): number | null {
  const last = rows.at(-1)
  return page && last ? scoreOf(last.distance, metric) : (page?.lastBound ?? null)
}
