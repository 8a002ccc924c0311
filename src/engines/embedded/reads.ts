import type { Column } from '../../column/column.js'
import { type ErrorKind, MillraceError } from '../../errors.js'
import { partitionKeyOf, primaryKeyOf } from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { Metric } from '../../schema/metric.js'
import { isAggregate } from '../../search/aggregate-name.js'
import { checkQueries } from '../../search/check-queries.js'
import { elementFilterOf, elementsOf } from '../../search/element-filter.js'
import { searchGroups } from '../../search/group-search.js'
import { rankGroups } from '../../search/hybrid-groups.js'
import {
  fuseLists,
  isSmallerBetter,
  type RankedHit,
  type RankedList,
} from '../../search/hybrid-rank.js'
import { outputFieldsOf, searchOutputFieldsOf } from '../../search/output-fields.js'
import { vectorsOfKeys } from '../../search/query-keys.js'
import { countRows } from '../../search/row-query.js'
import { rounded, scoreOf, scoresOf } from '../../search/scores.js'
import { searchPage } from '../../search/search-page.js'
import { searchRangeFrom } from '../../search/search-range.js'
import type {
  HybridPart,
  HybridSearchRequest,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import {
  type Hit,
  openSearched,
  type Searched,
  searchVectors,
  type VectorSearch,
} from '../../search/vector-search.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { aggregatedFields } from './aggregate-query.js'
import { answerOf, gatherFields } from './answers.js'
import type { Collections, OpenCollection } from './collections.js'
import { checkCount, countField, countName, isCount } from './count-query.js'
import { groupColumns, groupFieldsOf, groupOutputs } from './group-fields.js'
import { orderedHits } from './ordered-hits.js'
import { partitionIdsOf } from './partitions-named.js'
import { queriedRows } from './queried-rows.js'
import { boundFilter, indexToSearch, searchedField, searchedMetric } from './search-target.js'
import { zonedSchemaOf } from './time-zone.js'

/** What every read says of where to look. */
type Scope = Pick<
  SearchRequest,
  'dbName' | 'collectionName' | 'partitionNames' | 'ignoreGrowing' | 'timeZone'
>

type GroupFields = ReturnType<typeof groupFieldsOf>

/** A search that is ready to run. */
interface OpenSearch {
  readonly search: VectorSearch
  readonly searched: Searched
}

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
      const opened = await this.#openSearch(open.record, views, request, request.signal)
      const found = await hitsOf(opened, views, request, groupFields)
      const hits = await orderedHits(views, schema, request.orderBy, found)
      const rows = hits.flat()
      const { metric } = opened.search
      return {
        ...(await answerOf(schema, views, rows, output)),
        nq: opened.search.queries.nq,
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
      const lists = await this.#rankedLists(open.record, views, request, columns)
      const { topK, offset, roundDecimal } = request
      const fused = lists.map((ofQuery) =>
        rankedGroups(ofQuery, request, columns).slice(offset, offset + topK),
      )
      const hits = await orderedHits(views, schema, request.orderBy, fused)
      const rows = hits.flat()
      const scores = Float32Array.from(rows, ({ score }) =>
        roundDecimal < 0 ? score : rounded(score, roundDecimal),
      )
      return {
        ...(await answerOf(schema, views, rows, output)),
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
    const base = { collectionName: schema.name, primaryFieldName: primaryKeyOf(schema).name }
    return this.#withViews(open, request, async (views, sessionTimestamp) => {
      if (isAggregated(request)) {
        const fields = await aggregatedFields(views, filter, schema, request)
        return {
          ...base,
          fields,
          outputFieldNames: fields.map(({ field }) => field.name),
          sessionTimestamp,
        }
      }
      if (request.outputFields.some(isCount)) {
        checkCount(request)
        const count = await countRows(views, filter)
        return {
          ...base,
          fields: [countField(count)],
          outputFieldNames: [countName],
          sessionTimestamp,
        }
      }
      const output = outputFieldsOf(schema, request.outputFields)
      const rows = await queriedRows(views, filter, schema, request)
      const fields = await gatherFields(views, rows, output)
      const picked = elementFilterOf(filter)
      const elements = picked && (await elementsOf(views, rows, picked))
      return { ...base, fields, outputFieldNames: output.names, elements, sessionTimestamp }
    })
  }

  /** What each search found for each query. One search after the other: each uses all threads. */
  async #rankedLists(
    record: CollectionRecord,
    views: readonly SegmentView[],
    { searches, signal, grouping }: HybridSearchRequest,
    columns: readonly (readonly Column[])[],
  ): Promise<RankedList[][]> {
    const byQuery: RankedList[][] = []
    for (const part of searches) {
      const { searched, search } = await this.#openSearch(record, views, part, signal)
      const window = { topK: part.topK, offset: 0, size: grouping?.size ?? 1 }
      const found = grouping
        ? (await searchGroups(searched, search, columns, window)).map((groups) => groups.flat())
        : (await searchVectors(searched, search, part.topK)).map(({ hits }) =>
            hits.slice(0, part.topK),
          )
      for (const [query, hits] of found.entries()) {
        byQuery[query] ??= []
        byQuery[query].push({ metric: search.metric, hits: byDistance(hits) })
      }
    }
    return byQuery
  }

  async #openSearch(
    record: CollectionRecord,
    views: readonly SegmentView[],
    part: HybridPart,
    signal: AbortSignal | undefined,
  ): Promise<OpenSearch> {
    const { schema } = record
    const field = searchedField(schema, part.vectorFieldName)
    const metric = searchedMetric(record, field, part.metricType)
    const range = searchRangeFrom(part.params, metric)
    const filter = boundFilter(record, part.filter, part.filterValues)
    const queries =
      'keys' in part.queries
        ? await vectorsOfKeys(views, schema, field, part.queries.keys)
        : part.queries
    checkQueries(field, metric, queries)
    const index = indexToSearch(record, field, part)
    const search = { schema, field, metric, queries, range, index, signal }
    const { pool, memory } = this.#context
    return { search, searched: await openSearched(pool, memory, views, search, filter) }
  }

  /** With the schema for the request's time zone. @throws collectionNotLoaded, partitionNotLoaded */
  async #loaded(
    { dbName, collectionName, partitionNames, timeZone }: Scope,
    kind: ErrorKind = 'refused',
  ): Promise<OpenCollection> {
    const { record } = this.#collections.named(dbName, collectionName)
    await this.#collections.reloaded(record.collectionId)
    const open = this.#collections.named(dbName, collectionName)
    const loadingIds = this.#collections.loads.partitionIds(open.record.collectionId)
    checkLoaded(open.record, loadingIds, partitionNames, kind)
    const schema = zonedSchemaOf(open.record, timeZone)
    return schema === open.record.schema ? open : { ...open, record: { ...open.record, schema } }
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

/** A lone `count(*)` needs no values of rows. */
function isAggregated({ groupBy = [], outputFields }: QueryRequest): boolean {
  if (groupBy.length > 0) return true
  return outputFields.some((name) => isAggregate(name) && !isCount(name))
}

/** Groups come one after the other; ranks are those of rows. */
function byDistance(hits: readonly Hit[]): Hit[] {
  return [...hits].sort((left, right) => left.distance - right.distance)
}

function rankedGroups(
  lists: readonly RankedList[],
  { ranker, grouping }: HybridSearchRequest,
  columns: readonly (readonly Column[])[],
): RankedHit[][] {
  const fused = fuseLists(lists, ranker)
  if (!grouping) return singly(fused)
  const { size, scorer } = grouping
  return rankGroups(fused, {
    columns,
    size,
    scorer,
    isSmallerBetter: isSmallerBetter(lists, ranker),
  })
}

/** @param kind of the refusal of partitions beside a partition key. Milvus: not the same for all reads. */
function checkLoaded(
  record: CollectionRecord,
  loadingIds: ReadonlySet<bigint>,
  partitionNames: readonly string[],
  kind: ErrorKind,
): void {
  if (partitionNames.length > 0 && partitionKeyOf(record.schema)) {
    throw new MillraceError(
      kind,
      'not support manually specifying the partition names if partition key mode is used',
    )
  }
  checkPartitions(record, partitionNames)
  if (record.loadedPartitionIds.length === 0) {
    throw collectionNotLoaded(record.schema.name, loadingIds.size > 0)
  }
  for (const name of partitionNames) {
    const [partitionId] = partitionIdsOf(record, [name])
    if (record.loadedPartitionIds.includes(partitionId)) continue
    throw partitionNotLoaded(name, loadingIds.has(partitionId))
  }
}

/** Milvus: reads say so in words of their own. @throws parameterInvalid */
function checkPartitions({ partitions }: CollectionRecord, names: readonly string[]): void {
  for (const name of names) {
    if (name.trim() === '') throw invalidParameter('Partition name should not be empty.')
    if (partitions.some((partition) => partition.name === name)) continue
    throw invalidParameter(`partition name ${name} not found`)
  }
}

function collectionNotLoaded(name: string, isLoading: boolean): MillraceError {
  return isLoading
    ? new MillraceError(
        'collectionNotFullyLoaded',
        `collection not fully loaded[collection=${name}]`,
      )
    : new MillraceError('collectionNotLoaded', `collection not loaded[collection=${name}]`)
}

function partitionNotLoaded(name: string, isLoading: boolean): MillraceError {
  return isLoading
    ? new MillraceError('partitionNotFullyLoaded', `partition not fully loaded[partition=${name}]`)
    : new MillraceError('partitionNotLoaded', `partition not loaded[partition=${name}]`)
}

/** What was found for each query: groups of rows, or rows that are a group each. */
async function hitsOf(
  { search, searched }: OpenSearch,
  views: readonly SegmentView[],
  { topK, offset, grouping, page }: SearchRequest,
  groupFields: GroupFields,
): Promise<readonly (readonly (readonly Hit[])[])[]> {
  if (page) return [singly(await searchPage(searched, search, page, topK))]
  if (grouping) {
    const columns = await groupColumns(views, groupFields)
    return searchGroups(searched, search, columns, { topK, offset, size: grouping.size })
  }
  const found = await searchVectors(searched, search, topK + offset)
  return found.map(({ hits }) => singly(hits.slice(offset, offset + topK)))
}

function singly<Row>(rows: readonly Row[]): Row[][] {
  return rows.map((row) => [row])
}

function elementsOfHits(hits: readonly Hit[]): readonly number[] | null {
  const elements = hits.flatMap(({ element }) => (element === undefined ? [] : [element]))
  return elements.length > 0 ? elements : null
}

/** An empty page is the last, and leaves the bound where it was. */
function lastBoundOf(rows: readonly Hit[], metric: Metric, { page }: SearchRequest): number | null {
  const last = rows.at(-1)
  return page && last ? scoreOf(last.distance, metric) : (page?.lastBound ?? null)
}
