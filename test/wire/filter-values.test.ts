import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../dist/wire/codec.js'
import { filterValuesFrom } from '../../dist/wire/filter-values.js'

function decoded(values: Parameters<typeof encode<'SearchRequest'>>[1]['expr_template_values']) {
  const bytes = encode('SearchRequest', { expr_template_values: values })
  return filterValuesFrom(decode('SearchRequest', bytes).expr_template_values)
}

describe('the values of an expression template', () => {
  it('are constants, int64 exact', () => {
    const values = decoded({
      flag: { bool_val: false },
      big: { int64_val: 9007199254740993n },
      real: { float_val: 0.5 },
      text: { string_val: '' },
    })
    expect(Object.fromEntries(values)).toEqual({
      flag: false,
      big: 9007199254740993n,
      real: 0.5,
      text: '',
    })
  })

  it('are lists, empty, nested and of several types too', () => {
    const json = [Buffer.from('9007199254740993'), Buffer.from('"a"'), Buffer.from('1.5')]
    const values = decoded({
      none: { array_val: {} },
      longs: { array_val: { long_data: { data: BigInt64Array.of(1n, -2n) } } },
      texts: { array_val: { string_data: { data: ['a', 'b'] } } },
      nested: { array_val: { array_data: { data: [{ bool_data: { data: [true] } }] } } },
      mixed: { array_val: { json_data: { data: json } } },
    })
    expect(Object.fromEntries(values)).toEqual({
      none: [],
      longs: [1n, -2n],
      texts: ['a', 'b'],
      nested: [[true]],
      mixed: [9007199254740993n, 'a', 1.5],
    })
  })
})
