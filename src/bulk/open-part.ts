import type { BatchReader, RejectedRow } from '../formats/format.js'
import type { Field } from '../schema/field.js'
import type { FileGroup } from './file-group.js'
import type { ImportStepInput } from './import-step.js'
import { numberedReader } from './row-numbers.js'
import type { StepRejects } from './step-rejects.js'

/** @param rejects where rows that cannot be read are written down; null: the first one is an error */
export async function openPart(
  { format, sources }: FileGroup,
  { columns, options, part, from, rowsBefore }: ImportStepInput,
  fields: readonly Field[],
  rejects: Pick<StepRejects, 'add'> | null,
): Promise<BatchReader> {
  const onReject =
    rejects &&
    ((row: RejectedRow) =>
      rejects.add(fileOfField(reader, fields, row.field) || sources[0].name, row))
  const { reserved } = columns
  const reader: BatchReader = await format.open({
    sources,
    fields,
    reserved,
    options,
    part,
    from,
    onReject,
  })
  const { rowNumber } = columns
  return rowNumber ? numberedReader(reader, rowNumber, rowsBefore ?? 0) : reader
}

function fileOfField(reader: BatchReader, fields: readonly Field[], name: string): string {
  const field = fields.find((each) => each.name === name)
  return field ? reader.fileOf(field.fieldId) : ''
}
