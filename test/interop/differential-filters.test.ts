import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython } from './python.js'
import { RealMilvus, realMilvusVenv } from './real-milvus.js'
import { ServedMillrace } from './served-millrace.js'

const program = 'test/interop/python/filters.py'

/** MILLRACE_FILTERS=5000 asks for more, MILLRACE_FILTERS_SEED for others. */
const count = process.env.MILLRACE_FILTERS ?? '300'
const seed = process.env.MILLRACE_FILTERS_SEED ?? '1'

interface Answer {
  readonly filter: string
  readonly ids?: readonly number[]
  readonly error?: string
}

describe.skipIf(realMilvusVenv === '')('filters (needs MILLRACE_REAL_MILVUS_VENV)', () => {
  let milvus: RealMilvus
  beforeAll(async () => {
    milvus = await RealMilvus.start('millrace-filters')
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
      expect(ours.filter(({ error }) => error !== undefined)).toEqual([])
      const pairs = ours.map((answer, at) => ({ ours: answer, theirs: theirs[at] }))
      expect(pairs.filter((pair) => !isDeepStrictEqual(pair.ours, pair.theirs))).toEqual([])
    } finally {
      await server.stop()
    }
  }, 0)
})
