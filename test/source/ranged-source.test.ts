import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteBudget } from '../../dist/source/byte-budget.js'
import { RangedSource } from '../../dist/source/ranged-source.js'
import { RemoteFailure } from '../../dist/source/remote-failure.js'

const mebibyte = 1024 ** 2
/** A byte is told by its place. */
const byteAt = (position: number) => (position * 31 + (position >> 8)) & 0xff

function bytesOf(begin: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => byteAt(begin + index))
}

function open(byteLength: number, budget: ByteBudget): RangedSource {
  const readRange = async (begin: number, length: number) => {
    await setImmediate()
    return bytesOf(begin, length)
  }
  return new RangedSource('v.npy', { byteLength, version: '"one"' }, readRange, budget)
}

it('gives the bytes of any place in any order, also to several readers at a time', async () => {
  const byteLength = 700_000
  const place = fc.record({
    position: fc.integer({ min: 0, max: byteLength + 10 }),
    length: fc.integer({ min: 1, max: 200_000 }),
    isAwaited: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 12 }), async (places) => {
      const budget = new ByteBudget(mebibyte)
      const source = open(byteLength, budget)
      const check = async ({ position, length }: { position: number; length: number }) => {
        const target = new Uint8Array(length)
        const count = await source.read(position, target)
        expect(count).toBe(Math.max(0, Math.min(length, byteLength - position)))
        for (const at of [0, count >> 1, count - 1])
          if (count > 0) expect(target[at]).toBe(byteAt(position + at))
      }
      const checks = []
      for (const each of places) {
        checks.push(check(each))
        if (each.isAwaited) await checks.at(-1)
      }
      await Promise.all(checks)
      source.close()
      expect(budget.take(mebibyte)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

class WatchedBudget extends ByteBudget {
  held = 0
  heldMax = 0

  override take(byteCount: number): boolean {
    const isTaken = super.take(byteCount)
    if (isTaken) this.#hold(byteCount)
    return isTaken
  }

  override overdraw(byteCount: number): void {
    super.overdraw(byteCount)
    this.#hold(byteCount)
  }

  override give(byteCount: number): void {
    super.give(byteCount)
    this.#hold(-byteCount)
  }

  #hold(byteCount: number): void {
    this.held += byteCount
    this.heldMax = Math.max(this.heldMax, this.held)
  }
}

it('keeps many sources that are read in turn within one budget', async () => {
  const budget = new WatchedBudget(2 * mebibyte)
  const sources = Array.from({ length: 12 }, () => open(3 * mebibyte, budget))
  const target = new Uint8Array(mebibyte / 4)
  for (let position = 0; position < 3 * mebibyte; position += target.length) {
    for (const source of sources) {
      await source.read(position, target)
      expect(target[99]).toBe(byteAt(position + 99))
    }
  }
  expect(budget.heldMax).toBeLessThanOrEqual(3 * mebibyte)
  for (const source of sources) source.close()
  expect(budget.held).toBe(0)
})

it('tells of a failure whoever reads there, and goes on where the server does', async () => {
  let isBroken = true
  const budget = new ByteBudget(mebibyte)
  const source = new RangedSource(
    'v.npy',
    { byteLength: 1000, version: '' },
    async (begin, length) => {
      if (isBroken) throw new RemoteFailure('refused', 'no')
      return bytesOf(begin, length)
    },
    budget,
  )
  await expect(source.read(0, new Uint8Array(10))).rejects.toThrow(
    "failed to read the file 'v.npy' at byte 0, error: no",
  )
  isBroken = false
  expect(await source.read(0, new Uint8Array(10))).toBe(10)
  source.close()
  await expect(source.read(0, new Uint8Array(10))).rejects.toThrow('it is closed')
})
