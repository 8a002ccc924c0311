import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CallSignal } from '../../dist/server/call-signal.js'

it('tells its listeners once that it was aborted', () => {
  const signal = new CallSignal()
  const told: string[] = []
  const listener = ({ type }: Event) => void told.push(type)
  signal.addEventListener('abort', listener)
  expect(signal.aborted).toBe(false)
  signal.throwIfAborted()
  signal.abort()
  signal.abort()
  expect(told).toEqual(['abort'])
  expect(signal.aborted).toBe(true)
  expect(() => signal.throwIfAborted()).toThrow('aborted')
})

it('says nothing to a listener that was taken away', () => {
  const signal = new CallSignal()
  const listener = () => expect.unreachable()
  signal.addEventListener('abort', listener)
  signal.removeEventListener('abort', listener)
  signal.abort()
})

it('ends what Node does by it, as an AbortSignal would', async () => {
  const signal = new CallSignal()
  setMaxListeners(0, signal)
  const slept = sleep(10_000, undefined, { signal })
  signal.abort()
  await expect(slept).rejects.toThrow('aborted')
})
