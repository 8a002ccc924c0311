import { describe, expect, it } from 'vitest'
import { decodeZstd } from '../../dist/formats/arrow/arrow-zstd.js'

/** Of `zstd -19`. */
const frame = Buffer.from('KLUv/WR7Av0AANJBBQmw6yRJQmDNmEXT0Od2mT2+YbvXDAEAbQWVcgKTJWXu', 'base64')
const text = Array.from({ length: 400 }, (_, index) => (index * 7) % 13).join(' ')

describe('zstd frames', () => {
  it('are decoded into as many bytes as are expected', () => {
    expect(Buffer.from(decodeZstd(frame, text.length)).toString()).toBe(text)
  })

  it('may follow each other', () => {
    const decoded = decodeZstd(Buffer.concat([frame, frame]), text.length * 2)
    expect(Buffer.from(decoded).toString()).toBe(text + text)
  })

  it('are refused where they hold more or less', () => {
    expect(() => decodeZstd(frame, text.length - 1)).toThrow()
    expect(() => decodeZstd(frame, text.length + 1)).toThrow(/expected \d+ bytes, got/)
  })

  it('are refused where they are broken, and the next one is decoded as ever', () => {
    for (let length = 0; length < frame.length; length++) {
      expect(() => decodeZstd(frame.subarray(0, length), text.length)).toThrow()
    }
    for (let at = 0; at < 4; at++) {
      const broken = Buffer.from(frame)
      broken[at] ^= 0xff
      expect(() => decodeZstd(broken, text.length)).toThrow()
    }
    expect(Buffer.from(decodeZstd(frame, text.length)).toString()).toBe(text)
  })
})
