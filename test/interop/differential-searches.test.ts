import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython } from './python.js'
import { RealMilvus, realMilvusVenv } from './real-milvus.js'
import { ServedMillrace } from './served-millrace.js'

const program = 'test/interop/python/random_searches.py'

/** MILLRACE_SEARCHES asks for more, MILLRACE_SEARCHES_SEED for others. */
const count = process.env.MILLRACE_SEARCHES ?? '400'
const seed = process.env.MILLRACE_SEARCHES_SEED ?? '1'

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

describe.skipIf(realMilvusVenv === '')('searches (needs MILLRACE_REAL_MILVUS_VENV)', () => {
  let milvus: RealMilvus
  beforeAll(async () => {
    milvus = await RealMilvus.start('millrace-searches')
  })
  afterAll(() => milvus?.stop())

  it(`find the rows that they find in Milvus 2.3.5: ${count} of seed ${seed}`, async () => {
    const asked = ['--seed', seed, '--count', count]
    const theirs = (await milvus.ask(program, asked)) as Answer[]
    const server = await ServedMillrace.start()
    try {
      const port = ['--port', String(server.port)]
      const ours: Answer[] = JSON.parse(await runPython(milvus.python, program, ...port, ...asked))
      expect(ours).toHaveLength(Number(count))
      const pairs = ours.map((answer, at) => ({ ours: answer, theirs: theirs[at] }))
      expect(pairs.filter((pair) => !isSame(pair.ours, pair.theirs))).toEqual([])
    } finally {
      await server.stop()
    }
  }, 0)
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
