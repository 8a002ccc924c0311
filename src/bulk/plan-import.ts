import { layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { FileGroupOutline } from '../formats/format.js'
import { type CollectionSchema, partitionKeyOf, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { segmentBodyBytesMax } from '../segment/segment-file.js'
import type { SourceAddress } from '../source/byte-source.js'
import { fileFieldsOf, reservedFieldsOf, withFileGroup } from './file-group.js'
import type { ImportCollection } from './import-target.js'
import type { ImportPlan, ImportUnit } from './import-task.js'

/** A segment's columns at their final size. The other half of what Arrow allows is for bad estimates. */
const segmentBytesWanted = segmentBodyBytesMax / 2
/** From here on, an import is cut so that every core has a part of it. */
const sharedBytesMin = 64 * 1024 ** 2
/** A value of variable length: its offset and a few bytes. */
const variableValueBytesMin = 16

interface PlanRequest {
  readonly collection: ImportCollection
  readonly addresses: readonly (readonly SourceAddress[])[]
  /** Units that run at the same time. */
  readonly coreCount: number
  /** Memory that one unit may keep for columns of variable length. */
  readonly keptBytesMax: number
  readonly allocate: (count: number) => bigint
}

interface PlannedGroup {
  readonly outline: FileGroupOutline
  readonly rowCount: number
  readonly fingerprints: readonly string[]
}

/**
 * Looks at the beginnings of all files and cuts their rows into units.
 * @throws importFailed naming file and field, expected and got
 */
export async function planImport(request: PlanRequest): Promise<ImportPlan> {
  const { schema } = request.collection
  const groups: PlannedGroup[] = []
  for (const addresses of request.addresses) groups.push(await lookAt(addresses, schema))
  const bytesTotal = sumOf(groups, ({ outline }) => outline.bytesTotal)
  const rowsTotal = sumOf(groups, ({ rowCount }) => rowCount)
  const hasAutoIds = primaryKeyOf(schema).autoId && rowsTotal > 0
  return {
    units: groups.flatMap((group, index) => unitsOf(group, index, bytesTotal, request)),
    bytesTotal,
    rowsTotal,
    warnings: [...new Set(groups.flatMap(({ outline }) => outline.warnings))],
    fingerprints: groups.map(({ fingerprints }) => fingerprints),
    autoIdBegin: hasAutoIds ? request.allocate(rowsTotal) : null,
  }
}

function lookAt(
  addresses: readonly SourceAddress[],
  schema: CollectionSchema,
): Promise<PlannedGroup> {
  return withFileGroup(addresses, async ({ format, sources }) => {
    const outline = await format.outline(sources, fileFieldsOf(schema), reservedFieldsOf(schema))
    const fingerprints = sources.map(({ fingerprint }) => fingerprint)
    if (outline.rowCount !== null) return { outline, rowCount: outline.rowCount, fingerprints }
    throw new MillraceError(
      'unexpected',
      `${addresses[0].name}: a plan needs the number of rows, and ${format.name} does not tell it`,
    )
  })
}

function unitsOf(
  { outline, rowCount }: PlannedGroup,
  groupIndex: number,
  bytesTotal: number,
  request: PlanRequest,
): ImportUnit[] {
  const unitCount = unitCountOf(outline, rowCount, bytesTotal, request)
  return Array.from({ length: unitCount }, (_, index) => {
    const share = (total: number, part: number) => Math.floor((total * part) / unitCount)
    return {
      groupIndex,
      rowBegin: share(rowCount, index),
      rowEnd: share(rowCount, index + 1),
      bytes: share(outline.bytesTotal, index + 1) - share(outline.bytesTotal, index),
      isDone: false,
    }
  })
}

function unitCountOf(
  outline: FileGroupOutline,
  rowCount: number,
  bytesTotal: number,
  { collection, coreCount, keptBytesMax }: PlanRequest,
): number {
  if (rowCount === 0) return 0
  const { schema, partitions } = collection
  const segmentRowsMax = segmentRowsMaxOf(
    schema.fields,
    outline.bytesTotal / rowCount,
    keptBytesMax,
  )
  const writerCount = partitionKeyOf(schema) ? partitions.length : 1
  const bySize = Math.ceil(rowCount / (segmentRowsMax * writerCount))
  if (bytesTotal < sharedBytesMin) return bySize
  // Of several groups, each takes its share of the cores. Whole rounds of units leave no core idle.
  const cores = Math.max(1, Math.round((coreCount * outline.bytesTotal) / bytesTotal))
  return Math.min(rowCount, Math.ceil(bySize / cores) * cores)
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
