import { crc32 } from 'node:zlib'

/** Changes 4 bytes at a place so that the bytes have the CRC-32 that they had before, whatever else changed. */
export function keepChecksum(bytes: Uint8Array, checksum: number, at: number): void {
  const now = crc32(bytes)
  // What each bit changes of the checksum; it is linear, so that some of them together change what is wanted.
  const rows = Array.from({ length: 32 }, (_, bit) => {
    flip(bytes, at, 1 << bit)
    const effect = (crc32(bytes) ^ now) >>> 0
    flip(bytes, at, 1 << bit)
    return { effect, bits: (1 << bit) >>> 0 }
  })
  let left = (now ^ checksum) >>> 0
  let patch = 0
  for (let column = 31; column >= 0; column--) {
    const pivot = rows.findIndex(({ effect }) => effect >>> column === 1)
    if (pivot < 0) continue
    const [{ effect, bits }] = rows.splice(pivot, 1)
    for (const row of rows) {
      if (row.effect >>> column !== 1) continue
      row.effect = (row.effect ^ effect) >>> 0
      row.bits = (row.bits ^ bits) >>> 0
    }
    if (left >>> column !== 1) continue
    left = (left ^ effect) >>> 0
    patch = (patch ^ bits) >>> 0
  }
  flip(bytes, at, patch)
}

function flip(bytes: Uint8Array, at: number, bits: number): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] ^= (bits >>> (byte * 8)) & 0xff
}
