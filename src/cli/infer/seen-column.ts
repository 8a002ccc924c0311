import type { DataType } from '../../schema/data-type.js'

/** What a look at a column of files told. */
export interface SeenColumn {
  readonly name: string
  readonly dataType: DataType
  /** Of an Array. */
  readonly elementType?: DataType
  /** Of a dense vector. */
  readonly dim?: number
  /** Bytes of the longest text, of a VarChar or of an Array of them. */
  readonly bytesMax?: number
  /** Elements of the longest Array. */
  readonly elementsMax?: number
  readonly hasNulls: boolean
}
