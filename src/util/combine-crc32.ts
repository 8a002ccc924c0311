/** The CRC-32 of bytes, from that of their first part and that of the `lastBytes` behind it. */
export function combineCrc32(first: number, last: number, lastBytes: number): number {
  return (multiply(powerOfByte(lastBytes), first) ^ last) >>> 0
}

/** What so many bytes of zeros make of a checksum: x⁸ to that power. Bits are turned around: the top one is x⁰. */
function powerOfByte(exponent: number): number {
  let power = 0x80000000
  let square = 1 << 23
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power)
    square = multiply(square, square)
  }
  return power
}

/** The product of two polynomials, modulo that of the checksum. */
function multiply(left: number, right: number): number {
  let product = 0
  let shifted = right
  for (let bit = 31; bit >= 0; bit--) {
    if ((left >>> bit) & 1) product ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1
  }
  return product >>> 0
}

const polynomial = 0xedb88320
