import { z } from 'zod'
import type { Engine, SegmentDescription } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { SegmentLevel, SegmentState } from '../../wire/generated/messages.js'
import { databaseNamed } from '../database.js'
import { emptyShape, parseBody, text } from './body-shape.js'
import { exactId, idsUnder, idUnder } from './exact-ids.js'
import type { JsonValue } from './json-text.js'
import { clusterRoute, routeOf } from './route.js'

const segmentsShape = {
  name: 'GetSegmentsInfoReq',
  schema: z.object({ dbName: text, collectionID: exactId, segmentIDs: z.array(exactId).nullish() }),
  required: {},
} as const

/** Segments by their ids, of a collection by its id. None named: all of it. */
export const describeSegments = routeOf(segmentsShape, async (engine, bodyText, words) => {
  const body = parseBody(segmentsShape, bodyText)
  const dbName = databaseNamed(engine, body.dbName, words.dbName)
  const collectionId = idUnder(bodyText, 'collectionID')
  const segmentIds = idsUnder(bodyText, 'segmentIDs')
  const segments = segmentsOf(engine, dbName, collectionId, segmentIds)
  return { data: { segmentInfos: segments.map((each) => segmentMembers(collectionId, each)) } }
})

function segmentsOf(
  engine: Engine,
  dbName: string,
  collectionId: bigint,
  segmentIds: readonly bigint[],
): readonly SegmentDescription[] {
  const { dbName: ownDbName, schema } = engine.describeCollection(dbName, '', collectionId)
  if (ownDbName !== dbName) throw collectionNotFound(dbName, collectionId)
  const segments = engine.segments(dbName, schema.name)
  if (segmentIds.length === 0) return segments
  return segmentIds.map((segmentId) => {
    const segment = segments.find((each) => each.segmentId === segmentId)
    if (segment) return segment
    throw new MillraceError('segmentNotFound', `segment not found[segment=${segmentId}]`)
  })
}

function collectionNotFound(dbName: string, collectionId: bigint): MillraceError {
  const message = `collection not found[database=${dbName}][collection=${collectionId}]`
  return new MillraceError('collectionNotFound', message)
}

/** What Milvus writes into logs lies in one file here. */
function segmentMembers(collectionID: bigint, segment: SegmentDescription): JsonValue {
  return {
    segmentID: segment.segmentId,
    collectionID,
    partitionID: segment.partitionId,
    vChannel: `millrace-${collectionID}`,
    numRows: segment.rowCount,
    state: segment.isSealed ? SegmentState.Flushed : SegmentState.Growing,
    level: SegmentLevel.L1,
    isSorted: false,
    insertLogs: [],
    deltaLogs: [],
    statsLogs: [],
  }
}

/** Milvus: a text of JSON. There are no quotas, so there is nothing in it. */
export const describeQuotas = clusterRoute(emptyShape, () => '{}')
