import { expect, it } from 'vitest'
import { checkSparseIndex } from '../../dist/indexes/sparse-spec.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'

const words = field(101, 'words', DataType.SparseFloatVector)

function check(indexType: string, metric: string, params: Record<string, unknown> = {}) {
  checkSparseIndex(words, [
    ['index_type', indexType],
    ['metric_type', metric],
    ['params', JSON.stringify(params)],
  ])
}

it('takes the types, the metric and the parameter of sparse vectors', () => {
  check('SPARSE_INVERTED_INDEX', 'IP', { drop_ratio_build: 0.2 })
  check('sparse_wand', 'ip', { drop_ratio_build: '0' })
  check('AUTOINDEX', '')
})

it('refuses others with what is wrong', () => {
  expect(() => check('HNSW', 'IP')).toThrow(
    "data type SparseFloatVector can't build with this index HNSW: invalid parameter",
  )
  expect(() => check('SPARSE_WAND', 'L2')).toThrow(
    'only IP&BM25 is the supported metric type for sparse index, got L2',
  )
  for (const ratio of ['a', '-0.1', '1.3', 1, '']) {
    expect(() => check('SPARSE_WAND', 'IP', { drop_ratio_build: ratio })).toThrow(
      `invalid drop_ratio_build: ${ratio}, must be in range [0, 1)`,
    )
  }
})
