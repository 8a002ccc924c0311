import { MillraceError } from '../errors.js'
import type { InputPart } from '../formats/format.js'
import type { FileGroup } from './file-group.js'
import type { ImportStepInput } from './import-step.js'

/**
 * The error that a reader threw, with the file's row in place of the part's. Rows of the parts before that
 * nobody counted yet are counted now, for this alone.
 */
export async function errorInFile(
  error: unknown,
  group: FileGroup,
  input: ImportStepInput,
): Promise<unknown> {
  if (!(error instanceof MillraceError) || error.place.row === undefined) return error
  let firstRow = 0
  for (const part of input.partsBefore) {
    firstRow += part.rowCount ?? (await countRows(group, part, input))
  }
  if (firstRow === 0) return error
  const { place, kind, message } = error
  const row = firstRow + error.place.row
  const moved = message.replace(`row ${place.row}`, `row ${row}`)
  return new MillraceError(kind, moved, { ...place, row }, error)
}

async function countRows(
  { format, sources }: FileGroup,
  part: InputPart,
  { columns, options }: ImportStepInput,
): Promise<number> {
  const { fields, reserved } = columns
  const onReject = () => {}
  const reader = await format.open({
    sources,
    fields,
    reserved,
    options,
    part,
    from: null,
    onReject,
  })
  try {
    while (await reader.next());
    return reader.checkpoint.row
  } finally {
    reader.close()
  }
}
