// Distances between rows of bits, `byteCount` bytes each. Processors count the bits of 8 bytes at once by an
// instruction of their own; to count those of 16 SIMD has to look up half bytes.

/** The number of bits that differ. */
@inline
export function hammingDistance(query: usize, row: usize, byteCount: u32): f32 {
  let a: u64 = 0, b: u64 = 0, c: u64 = 0, d: u64 = 0
  let end = query + (byteCount & ~31)
  for (; query < end; query += 32, row += 32) {
    a += popcnt<u64>(load<u64>(query) ^ load<u64>(row))
    b += popcnt<u64>(load<u64>(query, 8) ^ load<u64>(row, 8))
    c += popcnt<u64>(load<u64>(query, 16) ^ load<u64>(row, 16))
    d += popcnt<u64>(load<u64>(query, 24) ^ load<u64>(row, 24))
  }
  end = query + (byteCount & 24)
  for (; query < end; query += 8, row += 8) a += popcnt<u64>(load<u64>(query) ^ load<u64>(row))
  end = query + (byteCount & 7)
  for (; query < end; query++, row++) b += popcnt<u64>(load<u8>(query) ^ load<u8>(row))
  return <f32>(a + b + (c + d))
}

/** 1 − |a ∧ b| / |a ∨ b|; 1 where both are all zeros, as Milvus has it. */
export function jaccardDistance(query: usize, row: usize, byteCount: u32): f32 {
  let both: u64 = 0, either: u64 = 0, others: u64 = 0, eithers: u64 = 0
  let end = query + (byteCount & ~15)
  for (; query < end; query += 16, row += 16) {
    let q = load<u64>(query)
    let r = load<u64>(row)
    both += popcnt<u64>(q & r)
    either += popcnt<u64>(q | r)
    q = load<u64>(query, 8)
    r = load<u64>(row, 8)
    others += popcnt<u64>(q & r)
    eithers += popcnt<u64>(q | r)
  }
  both += others
  either += eithers
  end = query + (byteCount & 15)
  for (; query < end; query++, row++) {
    const q: u64 = load<u8>(query)
    const r: u64 = load<u8>(row)
    both += popcnt<u64>(q & r)
    either += popcnt<u64>(q | r)
  }
  return either == 0 ? 1 : <f32>(either - both) / <f32>either
}

/** 0 where all of the bits are among the others, else −1. */
export function subsetDistance(bits: usize, others: usize, byteCount: u32): f32 {
  let end = bits + (byteCount & ~15)
  for (; bits < end; bits += 16, others += 16) {
    if (v128.any_true(v128.andnot(v128.load(bits), v128.load(others)))) return -1
  }
  end = bits + (byteCount & 15)
  for (; bits < end; bits++, others++) if (load<u8>(bits) & ~load<u8>(others)) return -1
  return 0
}
