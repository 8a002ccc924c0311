import { describe, expect, it } from 'vitest'
import { GivingWay, ShortWork } from '../../dist/workers/giving-way.js'

describe('GivingWay', () => {
  it('goes on at once where no short work came', () => {
    const givingWay = new GivingWay(new ShortWork(1).words)
    const paused = Array.from({ length: 20 }, () => pauseAfter(givingWay, 1))
    expect(Math.min(...paused)).toBeLessThan(0.05)
  })

  it('pauses for as long as it worked while short work is under way', () => {
    const shortWork = new ShortWork(1)
    const givingWay = new GivingWay(shortWork.words)
    shortWork.begin()
    expect(pauseAfter(givingWay, 3)).toBeGreaterThan(2.9)
  })

  it('does not pause again before it has worked', () => {
    const shortWork = new ShortWork(1)
    const givingWay = new GivingWay(shortWork.words)
    shortWork.begin()
    const paused = Array.from({ length: 20 }, () => {
      pauseAfter(givingWay, 1)
      return pauseAfter(givingWay, 0)
    })
    expect(Math.min(...paused)).toBeLessThan(0.05)
  })

  it('pauses for a moment where short work ended lately', () => {
    const shortWork = new ShortWork(1)
    const givingWay = new GivingWay(shortWork.words)
    const paused = Array.from({ length: 20 }, () => {
      shortWork.begin()
      shortWork.end()
      return pauseAfter(givingWay, 3)
    })
    expect(Math.max(...paused)).toBeGreaterThan(0.04)
    expect(Math.min(...paused)).toBeLessThan(2)
  })

  it('waits for its turn while short work comes', () => {
    const paused = Array.from({ length: 5 }, () => {
      const shortWork = new ShortWork(1)
      const [one, other] = [new GivingWay(shortWork.words), new GivingWay(shortWork.words)]
      shortWork.note()
      pauseAfter(one, 1)
      return pauseAfter(other, 1)
    })
    // Who took the turn does not look again, so it is over some time.
    expect(Math.max(...paused)).toBeGreaterThan(5)
    expect(Math.min(...paused)).toBeLessThan(100)
  })

  it('finds the turn free when the one before has ended, or another is left', () => {
    const takes = (turnCount: number, ends: boolean) => {
      const shortWork = new ShortWork(turnCount)
      const [one, other] = [new GivingWay(shortWork.words), new GivingWay(shortWork.words)]
      shortWork.note()
      pauseAfter(one, 1)
      if (ends) one.end()
      return pauseAfter(other, 1)
    }
    const times = Array.from({ length: 5 }, (_, time) => time)
    expect(Math.min(...times.map(() => takes(1, true)))).toBeLessThan(5)
    expect(Math.min(...times.map(() => takes(2, false)))).toBeLessThan(5)
  })

  it('takes no turn where somebody waits for the work', () => {
    const shortWork = new ShortWork(1)
    const one = new GivingWay(shortWork.words)
    const pausing = new GivingWay(shortWork.wordsWithoutTurns)
    const paused = Array.from({ length: 5 }, () => {
      shortWork.note()
      pauseAfter(one, 1)
      return pauseAfter(pausing, 1)
    })
    expect(Math.min(...paused)).toBeLessThan(5)
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
