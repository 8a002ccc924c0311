import type { CollectionDescription, Engine } from '../engines/engine.js'
import { MillraceError } from '../errors.js'

/**
 * A collection for who asks what it is. Milvus: one that is not there is told in words of its own, which
 * SDKs look for.
 */
export function describedCollection(
  engine: Engine,
  dbName: string,
  name: string,
  collectionId?: bigint,
): CollectionDescription {
  try {
    return engine.describeCollection(dbName, name, collectionId)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.kind !== 'collectionNotFound') throw error
    throw new MillraceError(
      'collectionNotFound',
      `can't find collection[database=${dbName}][collection=${name}]`,
    )
  }
}
