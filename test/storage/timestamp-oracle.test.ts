import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Store } from '../../dist/storage/store.js'
import { TimestampOracle } from '../../dist/storage/timestamp-oracle.js'

let path: string
let store: Store

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'millrace-oracle-'))
  store = Store.open(path)
})
afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

/** As after a crash: a new oracle over what the store has by now. */
const at = (nowMs: number) => TimestampOracle.open(store, () => nowMs)

it('gives numbers that grow over crashes, whatever the clock does', () => {
  let last = 0n
  for (const nowMs of [1_000_000, 1_000_001, 400_000, 400_000, 999_999, 2_000_000, 1_500_000]) {
    at(nowMs) // Opened, and dead before it gave a number out.
    const oracle = at(nowMs)
    for (const number of [oracle.next(), oracle.nextRange(5_000_000_000), oracle.next()]) {
      expect(number).toBeGreaterThan(last)
      last = number
    }
    last += 1n
  }
})

it('does not run away from the clock when it is opened again and again', () => {
  const nowMs = 1_000_000
  for (let start = 0; start < 5; start++) at(nowMs).next()
  const aheadMs = Number(at(nowMs).next() >> 18n) - nowMs
  expect(aheadMs).toBeLessThan(30_000)
})

it('keeps a bound that was raised while a smaller one was on its way', async () => {
  const oracle = at(1_000_000)
  const renewing = oracle.nextRange(9_500 * 2 ** 18)
  const raised = oracle.nextRange(60_000 * 2 ** 18) + 60_000n * 2n ** 18n
  await oracle.close()
  expect(renewing).toBeLessThan(raised)
  expect(at(1_000_000).next()).toBeGreaterThanOrEqual(raised)
})
