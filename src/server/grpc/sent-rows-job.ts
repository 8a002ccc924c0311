import type { ColumnBatch } from '../../column/column.js'
import { movableBatch } from '../../column/movable-batch.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import { decode } from '../../wire/codec.js'
import { batchFromFieldsData } from '../../wire/fields-data.js'
import type { WorkerContext } from '../../workers/worker-job.js'

/** A request that carries rows. */
export type RowsRequestName = 'InsertRequest' | 'UpsertRequest'

/** A message, and what its rows are rows of. */
export interface SentRowsInput {
  readonly name: RowsRequestName
  readonly message: Uint8Array
  readonly schema: CollectionSchema
  readonly rowCount: number
}

/** Worker module: the rows of a large request. @throws parameterInvalid */
export function run(
  { name, message, schema, rowCount }: SentRowsInput,
  context: WorkerContext,
): ColumnBatch {
  const { fields_data } = decode(name, message)
  const { batch, buffers } = movableBatch(batchFromFieldsData(fields_data, schema, rowCount))
  context.transfer(...buffers)
  return batch
}
