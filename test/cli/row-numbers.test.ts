import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { CliFixture, eventsOf } from './cli-fixture.js'

/** Vectors of 4 components, each behind its length. */
function fvecs(rowCount: number): Buffer {
  const bytes = Buffer.alloc(rowCount * 20)
  for (let row = 0; row < rowCount; row++) {
    bytes.writeInt32LE(4, row * 20)
    for (let at = 0; at < 4; at++) bytes.writeFloatLE(row + at / 4, row * 20 + 4 + at * 4)
  }
  return bytes
}

describe('--row-number-as', () => {
  let cli: CliFixture
  beforeAll(async () => {
    cli = new CliFixture()
    await cli.serve()
    cli.write('files/one.fvecs', fvecs(30))
    cli.write('files/two.fvecs', fvecs(20))
    cli.write('files/set/vector.npy', npyBytes(new Float32Array(40), [10, 4]))
    cli.writeLines('files/rows.jsonl', 5)
  })
  afterAll(() => cli.close())

  const made = ['-c', 'numbered', '--create', '--row-number-as', 'key', '--yes', '--json']

  it('makes the key of the numbers of all rows of the job', async () => {
    const names = ['files/one.fvecs', 'files/two.fvecs', 'files/set/vector.npy']
    const result = await cli.import(...names, ...made)
    expect(result.code).toBe(0)
    const [schema] = eventsOf(result)
    expect(schema).toMatchObject({
      fields: [
        { name: 'key', dataType: 'Int64', isPrimary: true },
        { name: 'vector', dataType: 'FloatVector', dim: 4 },
      ],
    })
    expect(await keysOf('key')).toEqual(Array.from({ length: 60 }, (_, row) => row))
  })

  it('is refused of a field that is not there, or of another type', async () => {
    const asked = ['files/one.fvecs', '-c', 'numbered', '--row-number-as']
    const vector = await cli.import(...asked, 'vector')
    expect(vector.error).toContain('--row-number-as: expected an Int64 field, or a VarChar')
    expect(vector.code).toBe(2)
    const nothing = await cli.import(...asked, 'nothing')
    expect(nothing.error).toContain("got 'nothing' of a collection of 'key', 'vector'")
  })

  it('is refused where files that tell no number of rows have others behind them', async () => {
    const names = ['files/rows.jsonl', 'files/one.fvecs']
    const { code, error } = await cli.import(...names, '-c', 'numbered', '--row-number-as', 'key')
    expect(code).toBe(1)
    expect(error).toContain('row_number_as: expected the last file of the job')
  })

  it('numbers the rows of a file of text', async () => {
    const words = ['-c', 'lines', '--create', '--pk', 'id', '--row-number-as', 'number', '--yes']
    expect((await cli.import('files/rows.jsonl', ...words)).code).toBe(0)
    expect(await keysOf('number', 'lines')).toEqual([0, 1, 2, 3, 4])
  })

  it('ends with --detach once the import runs', async () => {
    const words = ['-c', 'left', '--create', '--row-number-as', 'id', '--yes', '--json', '--detach']
    const result = await cli.import('files/one.fvecs', ...words)
    expect(result.code).toBe(0)
    const last = eventsOf(result).at(-1)!
    expect(['running', 'done']).toContain(last.result)
    expect((await cli.jobs('watch', String(last.jobId))).code).toBe(0)
  })

  async function keysOf(field: string, collectionName = 'numbered'): Promise<number[]> {
    const response = await fetch(`http://${cli.address}/v2/vectordb/entities/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ collectionName, filter: '', outputFields: [field], limit: 100 }),
    })
    const { data } = (await response.json()) as { data: Record<string, number>[] }
    return data.map((row) => Number(row[field])).sort((left, right) => left - right)
  }
})
