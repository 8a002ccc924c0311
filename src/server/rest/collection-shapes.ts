import { z } from 'zod'
import { type BodyShape, text, texts } from './body-shape.js'

interface InDatabase {
  readonly dbName: string
}

export interface OfCollection extends InDatabase {
  readonly collectionName: string
}

export const databaseShape: BodyShape<InDatabase> = {
  name: 'DatabaseReq',
  schema: z.object({ dbName: text }),
  required: {},
}

/** For names of partitions too, where a route looks at them. */
export const collectionShape: BodyShape<OfCollection & { readonly partitionNames: string[] }> = {
  name: 'CollectionNameReq',
  schema: z.object({ dbName: text, collectionName: text, partitionNames: texts }),
  required: { collectionName: 'CollectionName' },
}
