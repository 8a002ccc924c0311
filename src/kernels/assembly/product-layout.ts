// Product codes: a row's difference to its centroid, written in codes of four bits. Code p is one of 16
// codewords of `subWidth` components, for the components from p / stages × subWidth on; of several stages each
// takes what the one before has left. 32 rows are a block:
//
//   for each pair of codes, 32 bytes    row r's first code in the low half of byte r, its second in the high
//   32 × f32                            term of each row
//   32 × f32                            scale of each row
//
// A distance is the query's distance to the centroid + term + scale × Σ products of the query and codewords.
// A codebook is, for each code, subWidth × 16 × f32: a component of all 16 codewords, then the next.

export const blockPlaces: u32 = 32

@inline
export function pairsOf(codes: u32): usize {
  return <usize>((codes + 1) >> 1)
}

@inline
export function blockBytes(codes: u32): usize {
  return (pairsOf(codes) << 5) + 256
}

/** Bytes of the codewords of one code. */
@inline
export function bookBytes(subWidth: u32): usize {
  return <usize>subWidth << 6
}
