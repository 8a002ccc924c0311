import { MillraceError } from '../errors.js'
import type { InputPart } from '../formats/format.js'
import { countLines } from '../formats/text/line-counter.js'
import type { FileGroup } from './file-group.js'
import type { ImportStepInput } from './import-step.js'

/**
 * The error that a reader threw, with the file's row in place of the part's, and the row's line. Rows of the
 * parts before that nobody counted yet are counted now, for this alone; so are lines.
 */
export async function errorInFile(
  error: unknown,
  group: FileGroup,
  input: ImportStepInput,
): Promise<unknown> {
  if (!(error instanceof MillraceError)) return error
  return withRowOfFile(await withLine(error, group), group, input)
}

/** Only rows of a text have a byte offset, and lines. */
async function withLine(error: MillraceError, { sources }: FileGroup): Promise<MillraceError> {
  const { kind, message, place } = error
  const source = sources.find(({ name }) => name === place.file)
  if (!source || place.byteOffset === undefined || place.line !== undefined) return error
  const line = (await countLines(source, 0, place.byteOffset)) + 1
  return new MillraceError(kind, message, { ...place, line }, error)
}

async function withRowOfFile(
  error: MillraceError,
  group: FileGroup,
  input: ImportStepInput,
): Promise<MillraceError> {
  if (error.place.row === undefined) return error
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
