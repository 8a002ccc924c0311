import type { WorkerContext } from '../workers/worker-job.js'
import type { FileGroup } from './file-group.js'
import type { ImportStepInput } from './import-step.js'
import { openPart } from './open-part.js'
import { rowsByPartition } from './partition-router.js'

/**
 * Rows of each partition in a part whose rows are counted: a look at the keys alone, so that every segment
 * gets the room that it needs. Rows that are rejected later are counted too.
 */
export async function countPartitionRows(
  group: FileGroup,
  input: ImportStepInput,
  context: WorkerContext,
): Promise<number[]> {
  const { columns, part, partitionIds, rejectsMax } = input
  const key = columns.partitionKey
  if (key === null) return [part.rowCount!]
  const counts = partitionIds.map(() => 0)
  // No file need have a key that has a default.
  const fields = key.defaultValue === null ? [key] : columns.fields
  const reader = await openPart(
    group,
    input,
    fields,
    rejectsMax === null ? null : { add: () => {} },
  )
  try {
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      context.throwIfCancelled()
      const rows = rowsByPartition(batch.columns.get(key.fieldId)!, batch.rowCount, counts.length)
      rows.forEach((offsets, index) => {
        counts[index] += offsets.length
      })
    }
  } finally {
    reader.close()
  }
  return counts
}
