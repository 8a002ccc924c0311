/**
 * A piece of shared WASM memory that holds rows of vectors where kernels can see them. `byteOffset` is a
 * multiple of 64. Regions come from `VectorMemory.allocate` and go back by `VectorMemory.free`.
 */
export interface VectorRegion {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly byteOffset: number
  readonly byteLength: number
}

/** Rows `[rowBegin, rowBegin + rowCount)` of a segment's vector column, unpadded, from the region's start. */
export interface VectorPart {
  readonly region: VectorRegion
  /** A multiple of 8, so that a bitmap over the segment can be cut at it. */
  readonly rowBegin: number
  readonly rowCount: number
}
