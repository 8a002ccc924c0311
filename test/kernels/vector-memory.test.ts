import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FreeList } from '../../dist/kernels/free-list.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import type { VectorRegion } from '../../dist/kernels/vector-region.js'

const MiB = 1024 * 1024

describe('a free list', () => {
  it('joins what is given back with the holes it touches', () => {
    const list = new FreeList()
    list.give(0, 300)
    const offsets = [list.take(100, 300), list.take(100, 300), list.take(100, 300)]
    expect(offsets).toEqual([0, 100, 200])
    expect(list.take(1, 300)).toBe(-1)
    list.give(0, 100)
    list.give(200, 100)
    expect(list.take(200, 300)).toBe(-1)
    list.give(100, 100)
    expect(list.take(300, 300)).toBe(0)
  })

  it('takes nothing that ends past the end asked for', () => {
    const list = new FreeList()
    list.give(0, 100)
    expect([list.take(60, 59), list.take(60, 60)]).toEqual([-1, 0])
  })

  it('never hands out a byte twice, and gets whole again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.boolean())), (steps) => {
        const list = new FreeList()
        list.give(0, 1000)
        const held: { offset: number; length: number }[] = []
        for (const [number, isTake] of steps) {
          if (isTake) {
            const offset = list.take(number + 1, 1000)
            if (offset >= 0) held.push({ offset, length: number + 1 })
          } else if (held.length > 0) {
            const [{ offset, length }] = held.splice(number % held.length, 1)
            list.give(offset, length)
          }
        }
        const sorted = held.toSorted((a, b) => a.offset - b.offset)
        for (let index = 1; index < sorted.length; index++) {
          const before = sorted[index - 1]
          expect(before.offset + before.length).toBeLessThanOrEqual(sorted[index].offset)
        }
        for (const { offset, length } of held) list.give(offset, length)
        expect(list.take(1000, 1000)).toBe(0)
      }),
    )
  })
})

describe('a vector memory', () => {
  it('hands out regions at multiples of 64 that do not overlap', () => {
    const memory = new VectorMemory()
    const regions = [1, 63, 64, 65, 4000, 100_000].map((byteLength) => memory.allocate(byteLength))
    regions.forEach((region, index) => {
      memory.bytesOf(region).fill(index + 1)
    })
    regions.forEach((region, index) => {
      expect(region.byteOffset % 64).toBe(0)
      expect(region.byteOffset).toBeGreaterThan(0)
      expect(memory.bytesOf(region).every((byte) => byte === index + 1)).toBe(true)
    })
    expect(new Set(regions.map((region) => region.memoryId)).size).toBe(1)
  })

  it('keeps views valid when the memory grows', () => {
    const memory = new VectorMemory()
    const first = memory.allocate(1000)
    const view = memory.bytesOf(first)
    memory.allocate(200 * MiB)
    memory.bytesOf(first)[0] = 9
    expect(view[0]).toBe(9)
  })

  it('takes another memory when one is full, and leaves room for searches in each', () => {
    const memory = new VectorMemory({ memoryBytesMax: 16 * MiB })
    const large = memory.allocate(14 * MiB)
    const other = memory.allocate(2 * MiB)
    expect(other.memoryId).not.toBe(large.memoryId)
    const scratch = memory.allocateIn(large.memoryId, MiB)
    expect(scratch.memoryId).toBe(large.memoryId)
    expect(() => memory.allocateIn(large.memoryId, 2 * MiB)).toThrow(/no room for 2097152 bytes/)
    memory.free(scratch)
    for (let count = 0; count < 30; count++) memory.allocate(100_000)
    expect(memory.allocateIn(large.memoryId, MiB).memoryId).toBe(large.memoryId)
  })

  it('refuses more than its limit with the numbers, and takes it once there is room', () => {
    const memory = new VectorMemory({ bytesMax: 10 * MiB })
    const region = memory.allocate(8 * MiB)
    expect(() => memory.allocate(4 * MiB)).toThrow(
      expect.objectContaining({
        kind: 'memoryExceeded',
        message: expect.stringMatching(/expected at most 10485760 bytes, got 10485760 in use and/),
      }),
    )
    memory.free(region)
    expect(memory.allocate(9 * MiB).byteLength).toBe(9 * MiB)
  })

  it('refuses a piece larger than a memory', () => {
    const memory = new VectorMemory()
    expect(() => memory.allocate(5 * 1024 * MiB)).toThrow(/in one piece, got 5368709120/)
  })

  it('refuses a second free', () => {
    const memory = new VectorMemory()
    const region = memory.allocate(100)
    memory.free(region)
    expect(() => memory.free(region)).toThrow(/freed twice/)
  })

  it('uses the end of a region again that was given back', () => {
    const memory = new VectorMemory({ bytesMax: 10 * MiB, memoryBytesMax: 10 * MiB })
    const region = memory.allocate(8 * MiB)
    memory.bytesOf(region).fill(7)
    const shorter = memory.shrink(region, 2 * MiB)
    const other = memory.allocate(6 * MiB)
    memory.bytesOf(other).fill(1)
    expect(memory.bytesOf(shorter).every((byte) => byte === 7)).toBe(true)
    expect(() => memory.free(region)).toThrow(/freed twice/)
    memory.free(shorter)
    memory.free(other)
  })

  it('uses what was freed again: loads and releases leave the resident memory flat', () => {
    const memory = new VectorMemory()
    let afterFirst = 0
    for (let round = 0; round < 50; round++) {
      const regions: VectorRegion[] = []
      for (const megabytes of [20, 3, 7, 1]) regions.push(memory.allocate(megabytes * MiB))
      for (const region of regions) memory.bytesOf(region).fill(round)
      if (round % 2) regions.reverse()
      for (const region of regions) memory.free(region)
      if (round === 0) afterFirst = process.memoryUsage.rss()
    }
    expect(process.memoryUsage.rss() - afterFirst).toBeLessThan(16 * MiB)
  })
})
