import { describe, expect, it } from 'vitest'
import { GivingWay, ShortWork } from '../../dist/workers/giving-way.js'

describe('GivingWay', () => {
  it('goes on at once where no short work came', () => {
    const givingWay = new GivingWay(new ShortWork().words)
    const paused = Array.from({ length: 20 }, () => pauseAfter(givingWay, 1))
    expect(Math.min(...paused)).toBeLessThan(0.05)
  })

  it('pauses for as long as it worked while short work is under way', () => {
    const shortWork = new ShortWork()
    const givingWay = new GivingWay(shortWork.words)
    shortWork.begin()
    expect(pauseAfter(givingWay, 3)).toBeGreaterThan(2.9)
  })

  it('does not pause again before it has worked', () => {
    const shortWork = new ShortWork()
    const givingWay = new GivingWay(shortWork.words)
    shortWork.begin()
    const paused = Array.from({ length: 20 }, () => {
      pauseAfter(givingWay, 1)
      return pauseAfter(givingWay, 0)
    })
    expect(Math.min(...paused)).toBeLessThan(0.05)
  })

  it('pauses for a moment where short work ended lately', () => {
    const shortWork = new ShortWork()
    const givingWay = new GivingWay(shortWork.words)
    const paused = Array.from({ length: 20 }, () => {
      shortWork.begin()
      shortWork.end()
      return pauseAfter(givingWay, 3)
    })
    expect(Math.max(...paused)).toBeGreaterThan(0.04)
    expect(Math.min(...paused)).toBeLessThan(2)
  })
})

function pauseAfter(givingWay: GivingWay, workMs: number): number {
  if (workMs > 0) givingWay.begin()
  const workedAt = performance.now() + workMs
  while (performance.now() < workedAt);
  const at = performance.now()
  givingWay.giveWay()
  return performance.now() - at
}
