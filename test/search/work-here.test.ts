import { expect, it } from 'vitest'
import { isDoneHere } from '../../dist/search/nearest/work-here.js'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

it('does here what is shorter than a message, however much of it there is', () => {
  const answers = Array.from({ length: 1000 }, () => isDoneHere(10))
  expect(new Set(answers)).toEqual(new Set([true]))
})

it('does one short piece of a turn here, and sends what would hold up the others', async () => {
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn()
    expect(isDoneHere(45)).toBe(true)
    const others = Array.from({ length: 10 }, () => isDoneHere(45))
    expect(others.filter((isHere) => isHere).length).toBeLessThanOrEqual(2)
    expect(isDoneHere(10)).toBe(true)
  }
})

it('sends what takes longer than a message, also when it comes alone', async () => {
  await nextTurn()
  expect(isDoneHere(200)).toBe(false)
})

it('does longer pieces here only while this thread has rest', async () => {
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(isDoneHere(120)).toBe(true)
  await nextTurn()
  const until = performance.now() + 100
  while (performance.now() < until);
  expect(isDoneHere(120)).toBe(false)
})
