import { describe, expect, it } from 'vitest'
import type { ColumnBatch } from '../../dist/column/column.js'
import { movableBatch } from '../../dist/column/movable-batch.js'

const all = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7)
const alone = Float32Array.of(1, 2, 3)
const offsets = Int32Array.of(0, 1, 2, 3)

const batch: ColumnBatch = {
  rowCount: 3,
  columns: new Map([
    [100, { shape: 'fixed', values: alone, width: 1, validity: Uint8Array.of(5) }],
    [101, { shape: 'bytes', offsets, bytes: all.subarray(2, 5), validity: null }],
    [
      102,
      {
        shape: 'list',
        offsets,
        child: { shape: 'fixed', values: alone, width: 1, validity: null },
        validity: null,
      },
    ],
  ]),
}

describe('a batch that moves to another thread', () => {
  it('has buffers of its own, each of them named once, and copies only what needs it', () => {
    const { batch: own, buffers } = movableBatch(batch)
    expect(own).toEqual(batch)
    expect(new Set(buffers).size).toBe(6)
    expect(buffers).toContain(alone.buffer)
    const moved = structuredClone(own, { transfer: [...buffers] })
    expect(alone.length).toBe(0)
    expect(all.length).toBe(8)
    const [first, second, third] = moved.columns.values()
    expect(first).toMatchObject({ values: Float32Array.of(1, 2, 3), validity: Uint8Array.of(5) })
    expect(second).toMatchObject({ bytes: Uint8Array.of(2, 3, 4) })
    expect(third).toMatchObject({ child: { values: Float32Array.of(1, 2, 3) } })
  })
})
