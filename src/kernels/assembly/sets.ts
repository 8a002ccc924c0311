// Which values are of a set, as a bit for each. A mask ends with a whole byte, whose last bits are clear.
// Values are told by their bits. A table has a word for each of 2^(64 - shift) places: 0, or the number
// of the value there, counted from 1. A value lies at the place that its bits tell, or at the next free one.

export function fillSet32(wanted: usize, count: u32, table: usize, shift: u32): void {
  fillSet<u32>(wanted, count, table, shift)
}

export function fillSet64(wanted: usize, count: u32, table: usize, shift: u32): void {
  fillSet<u64>(wanted, count, table, shift)
}

export function setMask32(
  values: usize, count: u32, wanted: usize, table: usize, shift: u32, mask: usize,
): void {
  setMask<u32>(values, count, wanted, table, shift, mask)
}

export function setMask64(
  values: usize, count: u32, wanted: usize, table: usize, shift: u32, mask: usize,
): void {
  setMask<u64>(values, count, wanted, table, shift, mask)
}

@inline
function fillSet<T>(wanted: usize, count: u32, table: usize, shift: u32): void {
  const last: usize = (<usize>1 << (64 - shift)) - 1
  memory.fill(table, 0, (last + 1) << 2)
  for (let at: u32 = 0; at < count; at++) {
    let place = placeOf(<u64>load<T>(wanted + <usize>at * sizeof<T>()), shift)
    while (load<u32>(table + (place << 2)) != 0) place = (place + 1) & last
    store<u32>(table + (place << 2), at + 1)
  }
}

@inline
function setMask<T>(
  values: usize, count: u32, wanted: usize, table: usize, shift: u32, mask: usize,
): void {
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    let bits: u32 = 0
    for (let bit: u32 = 0; bit < 8; bit++) {
      const value = load<T>(values + <usize>(row + bit) * sizeof<T>())
      bits |= isWanted<T>(value, wanted, table, shift) << bit
    }
    store<u8>(mask + (row >> 3), bits)
  }
  if (row == count) return
  let bits: u32 = 0
  for (let rest = row; rest < count; rest++) {
    const value = load<T>(values + <usize>rest * sizeof<T>())
    bits |= isWanted<T>(value, wanted, table, shift) << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

@inline
function isWanted<T>(value: T, wanted: usize, table: usize, shift: u32): u32 {
  const last: usize = (<usize>1 << (64 - shift)) - 1
  let place = placeOf(<u64>value, shift)
  while (true) {
    const number = load<u32>(table + (place << 2))
    if (number == 0) return 0
    if (load<T>(wanted + <usize>(number - 1) * sizeof<T>()) == value) return 1
    place = (place + 1) & last
  }
}

/** The high bits of a product depend on all bits of a number: those of doubles are folded in. */
@inline
function placeOf(bits: u64, shift: u32): usize {
  return <usize>(((bits ^ (bits >> 32)) * 0x9e3779b97f4a7c15) >> shift)
}
