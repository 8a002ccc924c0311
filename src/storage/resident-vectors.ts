import type { FixedColumn, FixedValues } from '../column/column.js'
import { layoutOf } from '../column/column.js'
import { checkIndexFile, familyNamed } from '../indexes/families.js'
import { indexTypes } from '../indexes/index-types.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorPart, VectorRegion } from '../kernels/vector-region.js'
import type { Field } from '../schema/field.js'
import type { SegmentReader } from '../segment/segment-reader.js'
import type { RowFile } from '../source/row-file.js'
import { RefCount } from '../util/ref-count.js'
import { readIndex } from './index-files.js'
import type { BuiltIndex, SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import { type WantedVectorIndex, wantedIndexes } from './wanted-indexes.js'

/** An index in the memory of its vectors. */
export interface ResidentIndex {
  readonly indexId: bigint
  readonly region: VectorRegion
}

/** The vector columns of a sealed segment in kernel memory, for as long as somebody searches them. */
export class ResidentVectors {
  readonly #memory: VectorMemory
  readonly #parts = new Map<number, VectorPart>()
  readonly #files = new Map<number, RowFile>()
  readonly #indexes = new Map<number, ResidentIndex>()
  readonly #regions: VectorRegion[] = []
  readonly users: RefCount

  private constructor(memory: VectorMemory) {
    this.#memory = memory
    this.users = new RefCount(() => this.#free())
  }

  /**
   * Reads each field's vectors, and its index where there is one, into the memory they are searched in; where
   * the index is searched without them, they stay in the file.
   * @param leavesRoom chooses a memory where an index can be built beside them
   */
  static async read(
    context: RowsContext,
    reader: SegmentReader,
    fields: readonly Field[],
    record: SegmentRecord,
    leavesRoom = false,
  ): Promise<ResidentVectors> {
    const vectors = new ResidentVectors(context.memory)
    try {
      for (const field of fields) {
        await vectors.#readField(context, reader, field, record, leavesRoom)
      }
      return vectors
    } catch (error) {
      vectors.users.release()
      throw error
    }
  }

  parts(field: Field): readonly VectorPart[] | undefined {
    const part = this.#parts.get(field.fieldId)
    return part && [part]
  }

  /** Where the vectors of a field are whose index is searched without them. */
  file(field: Field): RowFile | null {
    return this.#files.get(field.fieldId) ?? null
  }

  index(field: Field): ResidentIndex | null {
    return this.#indexes.get(field.fieldId) ?? null
  }

  /** Whether all of these are here. */
  has(fields: readonly Field[]): boolean {
    return fields.every(({ fieldId }) => this.#parts.has(fieldId))
  }

  /** Takes an index that was built beside the vectors. */
  attach(fieldId: number, index: ResidentIndex): void {
    this.#regions.push(index.region)
    this.#indexes.set(fieldId, index)
  }

  /** The field's values, not copied; null where they are not resident. Without validity. */
  column(field: Field): FixedColumn | null {
    const part = this.#parts.get(field.fieldId)
    return part ? columnOver(part.region, field, part.rowCount) : null
  }

  async #readField(
    context: RowsContext,
    reader: SegmentReader,
    field: Field,
    record: SegmentRecord,
    leavesRoom: boolean,
  ): Promise<void> {
    const { fieldId } = field
    const { rowCount } = record.file
    const built = record.indexes.findLast((index) => index.fieldId === fieldId)
    const vectorBytes = rowCount * rowBytes(field)
    if (leavesRoom) {
      const [region, room] = this.#memory.allocateTogether([
        vectorBytes,
        vectorBytes + rowCount * linkBytes,
      ])
      this.#memory.free(room)
      await this.#readRows(reader, fieldId, rowCount, region)
    } else if (built && !searchesRows(context, record, built.indexId)) {
      await this.#readAlone(context, reader, field, record, built)
    } else {
      const sizes = built ? [vectorBytes, built.byteLength] : [vectorBytes]
      const [region, beside] = this.#memory.allocateTogether(sizes)
      if (beside) this.#regions.push(beside)
      await this.#readRows(reader, fieldId, rowCount, region)
      if (built) await this.#readIndex(context, record, built, beside)
    }
  }

  async #readRows(
    reader: SegmentReader,
    fieldId: number,
    rowCount: number,
    region: VectorRegion,
  ): Promise<void> {
    this.#regions.push(region)
    this.#parts.set(fieldId, { region, rowBegin: 0, rowCount })
    await reader.readValuesInto(fieldId, this.#memory.bytesOf(region))
  }

  /** The index without the vectors, which are read where it cannot be. */
  async #readAlone(
    context: RowsContext,
    reader: SegmentReader,
    field: Field,
    record: SegmentRecord,
    built: BuiltIndex,
  ): Promise<void> {
    const { fieldId } = field
    const region = this.#memory.allocate(built.byteLength)
    this.#regions.push(region)
    await this.#readIndex(context, record, built, region)
    if (this.#indexes.has(fieldId)) {
      this.#files.set(fieldId, reader.rowFile(fieldId, rowBytes(field)))
      return
    }
    const { rowCount } = record.file
    const rows = this.#memory.allocate(rowCount * rowBytes(field))
    await this.#readRows(reader, fieldId, rowCount, rows)
  }

  /** One that cannot be read is built anew; until then the vectors are scanned. */
  async #readIndex(
    context: RowsContext,
    record: SegmentRecord,
    built: BuiltIndex,
    region: VectorRegion,
  ): Promise<void> {
    const { segmentId } = record
    const { indexId, fieldId } = built
    try {
      const bytes = this.#memory.bytesOf(region)
      await readIndex(context, segmentId, built, bytes)
      const wanted = wantedVectorIndex(context, record, indexId)
      if (wanted) checkIndexFile(bytes, wanted.spec, wanted.field)
      this.#indexes.set(fieldId, { indexId, region })
    } catch (error) {
      context.builder.noteDamaged(segmentId, indexId, error)
    }
  }

  #free(): void {
    for (const region of this.#regions) this.#memory.free(region)
  }
}

/** Whether an index is searched with the vectors beside it in memory. */
export function searchesRows(
  context: Pick<RowsContext, 'catalog'>,
  record: SegmentRecord,
  indexId: bigint,
): boolean {
  const wanted = wantedVectorIndex(context, record, indexId)
  if (!wanted) return true
  const { spec, field } = wanted
  return familyNamed(indexTypes[spec.indexType].family!).searchesVectors(spec, field.dataType)
}

/** null: the collection does not have it any more. */
function wantedVectorIndex(
  { catalog }: Pick<RowsContext, 'catalog'>,
  { collectionId }: SegmentRecord,
  indexId: bigint,
): WantedVectorIndex | null {
  const collection = catalog.collection(collectionId)
  const wanted = collection && wantedIndexes(collection).find((each) => each.indexId === indexId)
  return wanted?.kind === 'vector' ? wanted : null
}

/** Of an index, for a row, beside its vector's. */
const linkBytes = 512

export function rowBytes(field: Field): number {
  const layout = fixedLayout(field)
  return layout.width * layout.valuesType.BYTES_PER_ELEMENT
}

function columnOver(region: VectorRegion, field: Field, rowCount: number): FixedColumn {
  const { width, valuesType } = fixedLayout(field)
  const values: FixedValues = new valuesType(
    region.memory.buffer,
    region.byteOffset,
    rowCount * width,
  )
  return { shape: 'fixed', values, width, validity: null }
}

function fixedLayout(field: Field) {
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed')
    throw new TypeError(`field ${field.name} has no rows of fixed length`)
  return layout
}
