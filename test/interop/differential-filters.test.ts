import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { compareWithMilvus } from './compare-with-milvus.js'

interface Answer {
  readonly filter: string
  readonly ids?: readonly number[]
  readonly error?: string
}

/** MILLRACE_FILTERS=5000 asks for more, MILLRACE_FILTERS_SEED for others. */
compareWithMilvus<Answer>({
  subject: 'filters',
  program: 'test/interop/python/filters.py',
  count: process.env.MILLRACE_FILTERS ?? '300',
  seed: process.env.MILLRACE_FILTERS_SEED ?? '1',
  check(pairs) {
    expect(pairs.filter(({ ours }) => ours.error !== undefined)).toEqual([])
    expect(pairs.filter(({ ours, theirs }) => !isDeepStrictEqual(ours, theirs))).toEqual([])
  },
})
