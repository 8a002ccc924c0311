// Distances between rows of bits, `byteCount` bytes each.

/** The number of bits that differ. */
export function hammingDistance(query: usize, row: usize, byteCount: u32): f32 {
  let sums = i32x4.splat(0)
  let end = query + (byteCount & ~15)
  for (; query < end; query += 16, row += 16) {
    sums = i32x4.add(sums, bitCounts(v128.xor(v128.load(query), v128.load(row))))
  }
  let count = laneTotal(sums)
  end = query + (byteCount & 15)
  for (; query < end; query++, row++) count += popcnt<u32>(load<u8>(query) ^ load<u8>(row))
  return <f32>count
}

/** 1 − |a ∧ b| / |a ∨ b|; 1 where both are all zeros, as Milvus has it. */
export function jaccardDistance(query: usize, row: usize, byteCount: u32): f32 {
  let boths = i32x4.splat(0), eithers = boths
  let end = query + (byteCount & ~15)
  for (; query < end; query += 16, row += 16) {
    const q = v128.load(query)
    const r = v128.load(row)
    boths = i32x4.add(boths, bitCounts(v128.and(q, r)))
    eithers = i32x4.add(eithers, bitCounts(v128.or(q, r)))
  }
  let both = laneTotal(boths)
  let either = laneTotal(eithers)
  end = query + (byteCount & 15)
  for (; query < end; query++, row++) {
    const q: u32 = load<u8>(query)
    const r: u32 = load<u8>(row)
    both += popcnt<u32>(q & r)
    either += popcnt<u32>(q | r)
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

@inline
function bitCounts(v: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(v)))
}

@inline
function laneTotal(v: v128): u32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  )
}
