import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '../engines/engine.js'

const waitMs = 2_000

/**
 * Milvus: a load is answered before it has ended, and clients ask how far it is. One that ends soon is
 * waited for, so that clients which do not ask find it ready; what goes wrong later is told to those that do.
 */
export async function loadSoon(
  engine: Engine,
  dbName: string,
  collectionName: string,
  partitionNames: readonly string[],
): Promise<void> {
  const waiting = new AbortController()
  const loading = engine.load(dbName, collectionName, partitionNames)
  const waited = delay(waitMs, undefined, { signal: waiting.signal, ref: false })
  loading.catch(() => {})
  try {
    await Promise.race([loading, waited])
  } finally {
    waiting.abort()
    waited.catch(() => {})
  }
}
