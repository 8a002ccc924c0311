import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Recent } from '../../dist/util/recent.js'

it('forgets what was not asked for the longest', () => {
  const recent = new Recent<string, number>(2)
  recent.set('a', 1)
  recent.set('b', 2)
  expect(recent.get('a')).toBe(1)
  recent.set('c', 3)
  expect(recent.get('b')).toBeUndefined()
  expect([recent.get('a'), recent.get('c')]).toEqual([1, 3])
})

it('remembers what a list in the order of use does', () => {
  const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(5), fc.nat())
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recent = new Recent<number, number>(3)
      let twin: (readonly [key: number, value: number])[] = []
      for (const [kind, key, value] of steps) {
        const known = twin.find(([other]) => other === key)
        const others = twin.filter((each) => each !== known)
        if (kind === 'get') {
          expect(recent.get(key)).toBe(known?.[1])
          twin = known ? [...others, known] : others
        } else if (kind === 'set') {
          recent.set(key, value)
          twin = [...others, [key, value] as const].slice(-3)
        } else {
          recent.delete(key)
          twin = others
        }
      }
      for (const [key, value] of twin) expect(recent.get(key)).toBe(value)
    }),
  )
})
