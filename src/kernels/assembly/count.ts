// How many rows of a mask may be found.

/** @param mask a bit for each row, in whole words of 64; bits behind the last row do not count */
export function countRows(mask: usize, rowCount: u32): u32 {
  let count: u64 = 0
  const rest = rowCount & 63
  const end = mask + (<usize>(rowCount >> 6) << 3)
  for (let at = mask; at < end; at += 8) count += popcnt<u64>(load<u64>(at))
  if (rest != 0) count += popcnt<u64>(load<u64>(end) & ((<u64>1 << rest) - 1))
  return <u32>count
}
