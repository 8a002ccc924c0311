import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openByteStream } from '../../dist/formats/text/byte-stream.js'
import { memorySource } from './memory-source.js'
import { failureOf } from './npy-files.js'

/** A zstd frame of raw blocks, which is all that is needed to write one. */
function zstdFrame(content: Uint8Array): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b0000_0000, 0x58])
  const blocks: Buffer[] = []
  for (let begin = 0; begin < content.byteLength; begin += 100_000) {
    const block = content.subarray(begin, begin + 100_000)
    const isLast = begin + 100_000 >= content.byteLength
    const size = Buffer.alloc(4)
    size.writeUInt32LE((block.byteLength << 3) | Number(isLast))
    blocks.push(size.subarray(0, 3), Buffer.from(block))
  }
  return Buffer.concat([header, ...blocks])
}

const content = Buffer.from(
  Array.from({ length: 100_000 }, (_, index) => `line ${index}`).join('\n'),
)
const half = content.byteLength >> 1
const [first, second] = [content.subarray(0, half), content.subarray(half)]

async function readAll(bytes: Uint8Array, begin = 0): Promise<Buffer> {
  const source = memorySource('a.json.x', bytes)
  const stream = await openByteStream(source, begin, Number.MAX_SAFE_INTEGER)
  const target = Buffer.alloc(content.byteLength + 10)
  let filled = 0
  for (let count = -1; count !== 0; ) {
    count = await stream.read(target.subarray(filled, filled + 777_777))
    filled += count
  }
  expect(stream.bytesUsed).toBe(bytes.byteLength)
  return target.subarray(0, filled)
}

describe.each([
  ['gzip', gzipSync as (bytes: Uint8Array) => Buffer],
  ['zstd', zstdFrame],
])('%s', (name, pack) => {
  it('gives the bytes that were packed, of several pieces too', async () => {
    expect((await readAll(pack(content))).equals(content)).toBe(true)
    expect((await readAll(Buffer.concat([pack(first), pack(second)]))).equals(content)).toBe(true)
  })

  it('is read on from a place inside', async () => {
    expect((await readAll(pack(content), half)).equals(second)).toBe(true)
  })

  it('names the file where it is broken', async () => {
    const packed = pack(content)
    const cut = await failureOf(readAll(packed.subarray(0, packed.byteLength - 20)))
    expect(cut.message).toMatch(
      `a.json.x: expected a file compressed with ${name}, got one that is`,
    )
    const broken = Buffer.from(packed)
    broken.fill(0xff, 20, 60)
    if (name === 'gzip') expect((await failureOf(readAll(broken))).kind).toBe('importFailed')
  })

  it('may be closed before its end', async () => {
    const source = memorySource('a', pack(content))
    const stream = await openByteStream(source, 0, Number.MAX_SAFE_INTEGER)
    expect(await stream.read(new Uint8Array(10))).toBe(10)
    stream.close()
  })
})

it('passes on what the source throws', async () => {
  const source = memorySource('a', gzipSync('text'))
  const failing = {
    ...source,
    byteLength: source.byteLength,
    read(position: number, target: Uint8Array) {
      if (target.byteLength > 4) throw new TypeError('gone')
      return source.read(position, target)
    },
  }
  const stream = await openByteStream(failing, 0, Number.MAX_SAFE_INTEGER)
  expect((await failureOf(stream.read(new Uint8Array(10)))).message).toContain('gone')
})
