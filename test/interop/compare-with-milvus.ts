import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython } from './python.js'
import { RealMilvus, realMilvusVenv } from './real-milvus.js'
import { ServedMillrace } from './served-millrace.js'

/** Random questions, the same for every server, that a program of `python/` asks. */
interface Questions<Answer> {
  readonly subject: string
  readonly program: string
  readonly count: string
  readonly seed: string
  /** Expects that the answers of each pair are the same. */
  check(pairs: readonly Pair<Answer>[]): void
}

interface Pair<Answer> {
  readonly ours: Answer
  readonly theirs: Answer
}

/** A test that asks a real Milvus and this server the same. */
export function compareWithMilvus<Answer>(questions: Questions<Answer>): void {
  const { subject, program, count, seed, check } = questions
  describe.skipIf(realMilvusVenv === '')(`${subject} (needs MILLRACE_REAL_MILVUS_VENV)`, () => {
    let milvus: RealMilvus
    beforeAll(async () => {
      milvus = await RealMilvus.start(`millrace-${subject}`)
    })
    afterAll(() => milvus?.stop())

    it(`find the rows that they find in Milvus 2.3.5: ${count} of seed ${seed}`, async () => {
      const asked = ['--seed', seed, '--count', count]
      const theirs = (await milvus.ask(program, asked)) as Answer[]
      const ours = (await answersOfMillrace(milvus.python, program, asked)) as Answer[]
      expect(ours).toHaveLength(Number(count))
      check(ours.map((answer, at) => ({ ours: answer, theirs: theirs[at] })))
    }, 0)
  })
}

async function answersOfMillrace(python: string, program: string, asked: readonly string[]) {
  const server = await ServedMillrace.start()
  try {
    const port = ['--port', String(server.port)]
    return JSON.parse(await runPython(python, program, ...port, ...asked)) as unknown
  } finally {
    await server.stop()
  }
}
