import type { PlainColumn } from './arrow-conversion.js'
import type { ArrowBuffers } from './arrow-ipc-buffers.js'
import type { ArrowField } from './arrow-ipc-schema.js'

/** A field with the places of its nodes and buffers in a record batch. */
export interface PlacedField {
  readonly field: ArrowField
  readonly rowCount: number
  /** The first of its buffers. */
  readonly bufferIndex: number
  readonly viewBufferCount: number
  readonly children: readonly PlacedField[]
}

export interface ReadContext {
  readonly buffers: ArrowBuffers
  dictionary(field: ArrowField): Promise<PlainColumn>
}
