import { expect, it } from 'vitest'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { pkValuesOf } from '../../dist/expr/pk-values.js'
import { everyType } from './fixture.js'

const keysOf = (list: string) =>
  Array.from(pkValuesOf(bindExpr(parseExpr(`id in ${list}`), everyType))!)

it.each([
  ['[3,1,2]', [1n, 2n, 3n]],
  ['[ 3 ,\n1,\t3 ]', [1n, 3n]],
  ['[-9223372036854775808, 9223372036854775807, -0, 0]', [-(2n ** 63n), 0n, 2n ** 63n - 1n]],
  ['[9007199254740993, -9007199254740993]', [-9007199254740993n, 9007199254740993n]],
  // What is not written plainly is read by the rules.
  ['[0x10, 1]', [1n, 16n]],
  ['[010, 1]', [1n, 8n]],
  ['[1, - 2, 3,]', [-2n, 1n, 3n]],
  ['[1 + 1, 1]', [1n, 2n]],
  ['[]', []],
])('reads the list %s', (list, keys) => {
  expect(keysOf(list)).toEqual(keys)
})

it.each(['[1, 2', '[1 2]', '[1,, 2]', '[1, 2b]', '[,]'])('refuses the list %s', (list) => {
  expect(() => keysOf(list)).toThrow()
})

it('reads a hundred thousand keys', () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => BigInt(index * 7))
  expect(keysOf(`[${keys.join(', ')}]`)).toEqual(keys)
})
