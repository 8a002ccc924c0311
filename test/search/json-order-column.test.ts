import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bytesColumnFromTexts } from '../../dist/column/key-column.js'
import { jsonStepFrom } from '../../dist/expr/json-scan.js'
import { jsonOrderColumn } from '../../dist/search/rows/json-order-column.js'
import { valueComparison } from '../../dist/search/rows/order-rows.js'

const numbers = ['-9007199254740993', '-9007199254740992', '-2', '-0.5', '0', '1e-9', '7', '10']
const large = ['9007199254740992', '9007199254740993', '9223372036854775807', '1e300']
const inOrder = ['false', 'true', '-1e300', ...numbers, ...large, '""', '"Z"', '"é"']

function columnOf(documents: readonly string[]) {
  const column = bytesColumnFromTexts(documents)
  return jsonOrderColumn([jsonStepFrom('a')], column, documents.length)
}

it('compares as the values do: booleans, then numbers, then texts', () => {
  const compare = valueComparison(columnOf(inOrder.map((value) => `{"b":[1],"a":${value}}`)))
  for (const left of inOrder.keys()) {
    for (const right of inOrder.keys()) {
      expect(Math.sign(compare(left, right))).toBe(Math.sign(left - right))
    }
  }
})

it('tells a text by what it says, and knows one zero', () => {
  const compare = valueComparison(
    columnOf(['{"a":"\\u005a"}', '{"a":"Z"}', '{"a":-0}', '{"a":0.0}']),
  )
  expect([compare(0, 1), compare(2, 3)]).toEqual([0, 0])
})

it('is null where nothing is there', () => {
  const { validity } = columnOf(['{"a":1}', '{"a":null}', '{"b":1}', '[]', '{"a":[]}'])
  expect([0, 1, 2, 3, 4].map((row) => hasBit(validity!, row))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ])
})
