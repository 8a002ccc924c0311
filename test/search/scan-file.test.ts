import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { nearest } from '../../dist/search/nearest/nearest.js'
import { run as readRows } from '../../dist/search/rows/read-rows-job.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { randomFrom } from '../support/random.js'

const [rowCount, dim, nq, k] = [9000, 50, 6, 7]
const pool = createWorkerPool(2)
const memory = new VectorMemory()
const folder = mkdtempSync(join(tmpdir(), 'millrace-scan-file-'))
afterAll(async () => {
  await pool.close()
  rmSync(folder, { recursive: true })
})

const random = randomFrom(23)
const values = Float32Array.from({ length: rowCount * dim }, () => random())
const bytes = new Uint8Array(values.buffer)
const file = { path: join(folder, 'segment'), byteOffset: 13, rowBytes: dim * 4 }
writeFileSync(file.path, Buffer.concat([Buffer.alloc(13), bytes]))
const region = memory.allocate(bytes.length)
memory.bytesOf(region).set(bytes)
const queries = Float32Array.from({ length: nq * dim }, () => random())
const query = {
  ...{ dataType: DataType.FloatVector, dim, metric: 'L2', nq, k },
  bytes: new Uint8Array(queries.buffer),
} as const

function maskOf(share: number): Uint8Array {
  const mask = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) if (random() < share) setBit(mask, row)
  return mask
}

for (const share of [1, 0.5, 0.02, 0.001, 0]) {
  it(`finds in a file what it finds in memory among ${share * 100} % of the rows`, async () => {
    const mask = share === 1 ? null : maskOf(share)
    const index = { indexId: 1n, region: memory.allocate(64) }
    const onDisk = { rowCount, parts: [], mask, index, file }
    const inMemory = { rowCount, parts: [{ region, rowBegin: 0, rowCount }], mask }
    for (const near of [Number.NEGATIVE_INFINITY, 6]) {
      const found = await nearest(pool, memory, [onDisk, inMemory], { ...query, near })
      const truth = await nearest(pool, memory, [inMemory, inMemory], { ...query, near })
      expect(found).toEqual(truth)
    }
    memory.free(index.region)
  })
}

it('reads rows of a file in any order', () => {
  const rows = Int32Array.of(5, 8999, 0, 5, 4, 6)
  const read = readRows({ file, rows }, { throwIfCancelled() {}, transfer() {} } as never)
  const expected = [...rows].flatMap((row) => [...values.subarray(row * dim, (row + 1) * dim)])
  expect([...new Float32Array(read.buffer)]).toEqual(expected)
})

it('says where a file ends too early', async () => {
  const cut = { ...file, byteOffset: 13 + dim * 4 }
  const index = { indexId: 1n, region: memory.allocate(64) }
  const view = { rowCount, parts: [], mask: null, index, file: cut }
  await expect(nearest(pool, memory, [view], query)).rejects.toThrow(/segment .* ends at/)
  memory.free(index.region)
})
