import type { FixedColumn, FixedValues } from '../column/column.js'
import { layoutOf } from '../column/column.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorPart, VectorRegion } from '../kernels/vector-region.js'
import type { Field } from '../schema/field.js'
import type { SegmentReader } from '../segment/segment-reader.js'
import { RefCount } from '../util/ref-count.js'

/** The vector columns of a sealed segment in kernel memory, for as long as somebody searches them. */
export class ResidentVectors {
  readonly #parts: ReadonlyMap<number, readonly VectorPart[]>
  readonly users: RefCount

  private constructor(memory: VectorMemory, parts: ReadonlyMap<number, readonly VectorPart[]>) {
    this.#parts = parts
    this.users = new RefCount(() => {
      for (const part of [...parts.values()].flat()) memory.free(part.region)
    })
  }

  /** Reads each field's vectors straight into the memory they are searched in. */
  static async read(
    memory: VectorMemory,
    reader: SegmentReader,
    fields: readonly Field[],
    rowCount: number,
  ): Promise<ResidentVectors> {
    const parts = new Map<number, VectorPart[]>()
    const vectors = new ResidentVectors(memory, parts)
    try {
      for (const field of fields) {
        const region = memory.allocate(rowCount * rowBytes(field))
        parts.set(field.fieldId, [{ region, rowBegin: 0, rowCount }])
        await reader.readValuesInto(field.fieldId, memory.bytesOf(region))
      }
      return vectors
    } catch (error) {
      vectors.users.release()
      throw error
    }
  }

  parts(field: Field): readonly VectorPart[] | undefined {
    return this.#parts.get(field.fieldId)
  }

  /** The field's values, not copied; null where they are not resident. Without validity. */
  column(field: Field): FixedColumn | null {
    const part = this.#parts.get(field.fieldId)?.[0]
    return part ? columnOver(part.region, field, part.rowCount) : null
  }
}

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
