import { layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { FileGroupOutline, InputPart, ReadOptions } from '../formats/format.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { segmentBodyBytesMax } from '../segment/segment-file.js'
import type { SourceAddress } from '../source/byte-source.js'
import { withFileGroup } from './file-group.js'
import type { ImportColumns } from './import-columns.js'
import { type ImportPlan, type ImportUnit, newImportUnit } from './import-task.js'
import { allWarnings } from './import-warnings.js'

/** A segment's columns at their final size. The other half of what Arrow allows is for bad estimates. */
const segmentBytesWanted = segmentBodyBytesMax / 2
/** From here on, an import is cut so that every core has a part of it. */
const sharedBytesMin = 64 * 1024 ** 2
/** A value of variable length: its offset and a few bytes. */
const variableValueBytesMin = 16

export interface PlanRequest {
  readonly schema: CollectionSchema
  readonly columns: ImportColumns
  readonly partitionCount: number
  readonly addresses: readonly (readonly SourceAddress[])[]
  /** Units that run at the same time. */
  readonly coreCount: number
  /** Memory that one unit may keep for columns of variable length. */
  readonly keptBytesMax: number
  readonly options: ReadOptions
}

interface GroupOutline extends FileGroupOutline {
  readonly addresses: readonly SourceAddress[]
  readonly fingerprints: readonly string[]
}

/**
 * Looks at the beginnings of all files and cuts their rows into units; who has auto ids gives them after it.
 * @throws importFailed naming file and field, expected and got
 */
export async function planImport(request: PlanRequest): Promise<ImportPlan> {
  const groups: GroupOutline[] = []
  for (const addresses of request.addresses) groups.push(await lookAt(addresses, request))
  const bytesTotal = sumOf(groups, (group) => group.bytesTotal)
  const units: ImportUnit[] = []
  for (const [groupIndex, group] of groups.entries()) {
    const parts = await cutGroup(group, bytesTotal, request)
    units.push(...parts.map((part) => newImportUnit(groupIndex, part)))
  }
  const rowsTotal = rowsOf(units)
  if (request.columns.rowNumber && rowsTotal === null) checkRowsAreNumbered(groups)
  return {
    schema: request.schema,
    units,
    bytesTotal,
    rowsTotal,
    warnings: allWarnings(
      [],
      groups.flatMap(({ warnings }) => warnings),
    ),
    fingerprints: groups.map(({ fingerprints }) => fingerprints),
    autoIdBegin: null,
  }
}

/** Rows behind files that do not tell how many rows they have got no numbers. */
function checkRowsAreNumbered(groups: readonly GroupOutline[]): void {
  const uncounted = groups.slice(0, -1).find(({ rowCount }) => rowCount === null)
  if (!uncounted) return
  const [{ name: file }] = uncounted.addresses
  throw new MillraceError(
    'importFailed',
    `${file}: row_number_as: expected the last file of the job, or one that tells how many rows it has (Parquet, Arrow, .npy, HDF5, .fvecs), got others behind it: import them one by one`,
    { file },
  )
}

function lookAt(
  addresses: readonly SourceAddress[],
  { columns, options }: PlanRequest,
): Promise<GroupOutline> {
  return withFileGroup(addresses, async ({ format, sources }) => {
    const outline = await format.outline(sources, columns.fields, columns.reserved, options)
    const fingerprints = sources.map(({ fingerprint }) => fingerprint)
    return { ...outline, addresses, fingerprints }
  })
}

async function cutGroup(
  group: GroupOutline,
  bytesTotal: number,
  request: PlanRequest,
): Promise<InputPart[]> {
  if (group.rowCount === 0) return []
  const { columns, options } = request
  const partCount = partCountOf(group, bytesTotal, request)
  return withFileGroup(group.addresses, ({ format, sources }) =>
    format.cut(sources, columns.fields, options, partCount),
  )
}

function partCountOf(
  group: GroupOutline,
  bytesTotal: number,
  { columns, partitionCount, coreCount, keptBytesMax }: PlanRequest,
): number {
  const { rowCount } = group
  // Only what is read from the file's beginning knows the numbers of its rows.
  if (rowCount === null && columns.rowNumber) return 1
  // Of several groups, each takes its share of the cores.
  const share = Math.round((coreCount * group.bytesTotal) / bytesTotal)
  const cores = bytesTotal < sharedBytesMin ? 1 : Math.max(1, share)
  // Units of rows that nobody counted are committed segment by segment: no need to cut them smaller.
  if (rowCount === null) return cores
  const rowBytes = group.bytesTotal / rowCount
  const segmentRowsMax = segmentRowsMaxOf(columns.written, rowBytes, keptBytesMax)
  const writerCount = columns.partitionKey ? partitionCount : 1
  const bySize = Math.ceil(rowCount / (segmentRowsMax * writerCount))
  // Whole rounds of units leave no core idle.
  return Math.min(rowCount, Math.ceil(bySize / cores) * cores)
}

function rowsOf(units: readonly ImportUnit[]): number | null {
  return units.some(({ part }) => part.rowCount === null)
    ? null
    : sumOf(units, ({ part }) => part.rowCount!)
}

/**
 * Rows that make a segment of its final size, estimated.
 * @param fileRowBytes what a row takes in its files
 */
export function segmentRowsMaxOf(
  fields: readonly Field[],
  fileRowBytes: number,
  keptBytesMax: number,
): number {
  const { fixedBytes, variableCount } = rowShapeOf(fields)
  if (variableCount === 0) return Math.max(1, Math.floor(segmentBytesWanted / fixedBytes))
  const variableBytes = Math.max(fileRowBytes - fixedBytes, variableCount * variableValueBytesMin)
  const bySize = segmentBytesWanted / (fixedBytes + variableBytes)
  return Math.max(1, Math.floor(Math.min(bySize, keptBytesMax / variableBytes)))
}

function rowShapeOf(fields: readonly Field[]) {
  let fixedBytes = 0
  let variableCount = 0
  for (const field of fields) {
    const layout = layoutOf(field)
    if (layout.shape === 'fixed') fixedBytes += layout.width * layout.valuesType.BYTES_PER_ELEMENT
    else variableCount++
  }
  return { fixedBytes, variableCount }
}

function sumOf<Item>(items: readonly Item[], numberOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + numberOf(item), 0)
}
