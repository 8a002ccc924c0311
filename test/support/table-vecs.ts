/** `dim: i32 ┼ dim float32`, for each vector. */
export function fvecsBytes(vectors: readonly (readonly number[])[]): Uint8Array {
  return Buffer.concat(
    vectors.flatMap((vector) => [
      new Uint8Array(Int32Array.of(vector.length).buffer),
      new Uint8Array(Float32Array.from(vector).buffer),
    ]),
  )
}
