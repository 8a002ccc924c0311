import { expect } from 'vitest'
import { compareWithMilvus } from './compare-with-milvus.js'

/** Distances that differ by less are the same: a cosine is rounded at other places there. */
const distanceSlack = 1e-5

interface Hit {
  readonly id: number
  readonly distance: number
}

interface Search {
  readonly limit: number
  readonly param: { readonly offset?: number }
}

interface Answer {
  readonly search: Search
  readonly hits?: readonly (readonly Hit[])[]
  readonly error?: string
}

/** MILLRACE_SEARCHES asks for more, MILLRACE_SEARCHES_SEED for others. */
compareWithMilvus<Answer>({
  subject: 'searches',
  program: 'test/interop/python/random_searches.py',
  count: process.env.MILLRACE_SEARCHES ?? '400',
  seed: process.env.MILLRACE_SEARCHES_SEED ?? '1',
  check(pairs) {
    expect(pairs.filter(({ ours, theirs }) => !isSame(ours, theirs))).toEqual([])
  },
})

function isSame(ours: Answer, theirs: Answer): boolean {
  if (!ours.hits || !theirs.hits) return ours.error === theirs.error
  const { hits } = theirs
  return ours.hits.every((each, query) => isSameUpToTies(ours.search, each, hits[query]))
}

/** The distances must be the same, and the rows of each distance as a set. */
function isSameUpToTies(search: Search, ours: readonly Hit[], theirs: readonly Hit[]): boolean {
  if (ours.length !== theirs.length) return false
  if (!ours.every(({ distance }, at) => isNear(distance, theirs[at].distance))) return false
  return rowsOf(search, ours).join() === rowsOf(search, theirs).join()
}

/** Without the rows among which the list begins or ends: any that are as near may stand there. */
function rowsOf({ limit, param }: Search, hits: readonly Hit[]): string[] {
  const first = param.offset ? hits[0]?.distance : undefined
  const last = hits.length === limit ? hits.at(-1)?.distance : undefined
  return hits
    .filter(({ distance }) => !isNear(distance, first) && !isNear(distance, last))
    .map((hit) => JSON.stringify({ ...hit, distance: 0 }))
    .sort()
}

function isNear(left: number, right = Number.NaN): boolean {
  return Math.abs(left - right) <= distanceSlack * Math.max(1, Math.abs(left), Math.abs(right))
}
