import { z } from 'zod'
import type { Engine, LoadState } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { loadSoon } from '../load-soon.js'
import { parseBody, text } from './body-shape.js'
import { collectionShape } from './collection-shapes.js'
import { exactId, idUnder } from './exact-ids.js'
import { actionRoute, route, routeOf } from './route.js'

export const hasCollection = route(collectionShape, (engine, { collectionName }, dbName) => ({
  has: engine.hasCollection(dbName, collectionName),
}))

export const dropCollection = actionRoute(collectionShape, (engine, { collectionName }, dbName) =>
  engine.dropCollection(dbName, collectionName),
)

/** Also of `refresh_load`: what is committed is loaded already. */
export const loadCollection = actionRoute(collectionShape, (engine, { collectionName }, dbName) =>
  loadSoon(engine, dbName, collectionName, []),
)

export const releaseCollection = actionRoute(
  collectionShape,
  (engine, { collectionName }, dbName) => engine.release(dbName, collectionName, []),
)

export const truncateCollection = actionRoute(
  collectionShape,
  (engine, { collectionName }, dbName) => engine.changes.truncate(dbName, collectionName),
)

export const flushCollection = actionRoute(
  collectionShape,
  async (engine, { collectionName }, dbName) => {
    await engine.flush(dbName, collectionName)
  },
)

export const collectionStats = route(
  collectionShape,
  async (engine, { collectionName }, dbName) => ({
    rowCount: await engine.rowCount(dbName, collectionName, ''),
  }),
)

const loadStateNames = {
  missing: 'LoadStateNotExist',
  released: 'LoadStateNotLoad',
  loading: 'LoadStateLoading',
  loaded: 'LoadStateLoaded',
} satisfies Record<LoadState, string>

/** Beside the rest of a description. Milvus: it is left empty where it cannot be told. */
export function loadStateTextOf(engine: Engine, dbName: string, collectionName: string): string {
  try {
    return loadStateNames[engine.loadState(dbName, collectionName, []).state]
  } catch {
    return ''
  }
}

export const collectionLoadState = route(
  collectionShape,
  (engine, { collectionName, partitionNames }, dbName) => {
    const { state, percent } = engine.loadState(dbName, collectionName, partitionNames)
    if (state === 'missing') {
      throw new MillraceError(
        'collectionNotFound',
        `collection not found[database=${dbName}][collection=${collectionName}]`,
      )
    }
    const loadProgress = state === 'released' ? undefined : percent
    return { loadState: loadStateNames[state], loadProgress, message: '' }
  },
)

export const renameCollection = actionRoute(
  {
    name: 'RenameCollectionReq',
    schema: z.object({
      dbName: text,
      collectionName: text,
      newCollectionName: text,
      newDbName: text,
    }),
    required: { collectionName: 'CollectionName', newCollectionName: 'NewCollectionName' },
  },
  (engine, { collectionName, newCollectionName, newDbName }, dbName) =>
    engine.changes.rename(dbName, collectionName, newDbName || dbName, newCollectionName),
)

export const compactCollection = route(
  collectionShape,
  async (engine, { collectionName }, dbName) => {
    const { compactionId } = await engine.compact(dbName, collectionName)
    return { compactionID: compactionId }
  },
)

const compactionShape = {
  name: 'GetCompactionStateReq',
  schema: z.object({ dbName: text, jobID: exactId, jobId: exactId }),
  required: {},
} as const

/** Milvus: of names that differ in case only, each does. */
export const compactionState = routeOf(compactionShape, async (engine, bodyText) => {
  parseBody(compactionShape, bodyText)
  const jobId = idUnder(bodyText, 'jobID') || idUnder(bodyText, 'jobId')
  const { executing, completed, failed } = engine.compactionState(jobId)
  return {
    data: {
      state: executing > 0 ? 'Executing' : 'Completed',
      executingPlanNumber: executing,
      timeoutPlanNumber: 0,
      completedPlanNumber: completed,
      failedPlanNumber: failed,
    },
  }
})
