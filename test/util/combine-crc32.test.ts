import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { combineCrc32 } from '../../dist/util/combine-crc32.js'

it('is the checksum of the whole, wherever it is cut', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, at) => (at * 7919) >> 3)
  for (const cut of [0, 1, 8, 333, 999, 1000]) {
    const [first, last] = [bytes.subarray(0, cut), bytes.subarray(cut)]
    expect(combineCrc32(crc32(first), crc32(last), last.length)).toBe(crc32(bytes))
  }
})

it('knows parts of more than four gigabytes', () => {
  const parts = 2 ** 20
  const part = crc32(new Uint8Array(8192))
  let whole = part
  let bytes = 8192
  while (bytes < parts * 8192) {
    whole = combineCrc32(whole, whole, bytes)
    bytes *= 2
  }
  expect(combineCrc32(part, whole, bytes)).toBe(combineCrc32(whole, part, 8192))
})
