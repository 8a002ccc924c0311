import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliFixture, eventsOf } from './cli-fixture.js'

describe('millrace jobs', () => {
  let cli: CliFixture
  let done: string
  let failed: string
  let skipped: string

  beforeAll(async () => {
    cli = new CliFixture()
    await cli.serve()
    cli.writeLines('files/rows.jsonl', 30)
    cli.writeLines('files/bad.jsonl', 30, [7])
    done = await jobOf('files/rows.jsonl', '--create', '--yes')
    failed = await jobOf('files/bad.jsonl')
    skipped = await jobOf('files/bad.jsonl', '--on-error', 'skip')
  })
  afterAll(() => cli.close())

  async function jobOf(...words: string[]): Promise<string> {
    const events = eventsOf(await cli.import(...words, '-c', 'docs', '--json'))
    return String(events.at(-1)!.jobId)
  }

  it('lists jobs, the newest last', async () => {
    const { code, out } = await cli.jobs('list')
    const lines = out.trim().split('\n')
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      [done, 'Completed'],
      [failed, 'Failed'],
      [skipped, 'Completed'],
    ])
    expect(lines[1]).toContain("row 7, field 'vector'")
    expect(code).toBe(0)
    const listed = eventsOf(await cli.jobs('list', '-c', 'docs', '--json'))
    expect(listed.map(({ jobId }) => jobId)).toEqual([done, failed, skipped])
    expect((await cli.jobs('list', '-c', 'none')).error).toContain('collection not found')
  })

  it('shows a job with its files, its rejects and the place of its failure', async () => {
    expect((await cli.jobs('show', done)).out).toMatch(/Completed .* 30 rows {2}rows\.jsonl/)
    const { out } = await cli.jobs('show', failed)
    expect(out).toMatch(/^failed: .*row 7/m)
    expect(out).toContain('  row    7 (the first is 0)\n  line   8\n  field  vector\n')
    expect((await cli.jobs('show', skipped)).out).toContain(
      '1 row left out: "millrace jobs rejects',
    )
    expect(eventsOf(await cli.jobs('show', done, '--json'))).toMatchObject([
      { jobId: done, state: 'Completed', importedRows: 30 },
    ])
  })

  it('watches a job, with the exit code of an import', async () => {
    expect((await cli.jobs('watch', done)).code).toBe(0)
    expect((await cli.jobs('watch', failed)).code).toBe(1)
    expect((await cli.jobs('watch', skipped)).code).toBe(3)
    const events = eventsOf(await cli.jobs('watch', skipped, '--json'))
    expect(events.at(-1)).toMatchObject({ event: 'result', exitCode: 3, rejectedRows: 1 })
  })

  it('prints the rows that a job left out', async () => {
    const { code, out } = await cli.jobs('rejects', skipped)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ row: 7, field: 'vector' })
    expect(await cli.jobs('rejects', done)).toMatchObject({ code: 0, out: '' })
  })

  it('cancels what is not committed, and says where it is', async () => {
    const create = await fetch(`http://${cli.address}/v2/vectordb/jobs/import/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        collectionName: 'docs',
        files: [['rows.jsonl']],
        options: { auto_commit: 'false' },
      }),
    })
    const { jobId } = ((await create.json()) as { data: { jobId: string } }).data
    const watched = await cli.jobs('watch', jobId)
    expect(watched).toMatchObject({ code: 130, error: expect.stringContaining('uncommitted') })
    expect(await cli.jobs('cancel', jobId)).toMatchObject({
      code: 0,
      out: `job ${jobId} is cancelled\n`,
    })
    expect((await cli.jobs('show', jobId)).out).toContain('failed: cancelled by user')
    const late = await cli.jobs('cancel', done)
    expect(late.code).toBe(1)
    expect(late.error).toMatch(/^millrace: /)
  })

  it('says that a job is not there, and what an id is', async () => {
    for (const verb of ['show', 'watch', 'cancel', 'rejects']) {
      const { code, error } = await cli.jobs(verb, '12')
      expect({ code, error }).toEqual({
        code: 1,
        error: expect.stringContaining('import job does not exist, jobID=12'),
      })
    }
    expect((await cli.jobs('show', 'x')).error).toContain('expected a whole number')
    expect((await cli.jobs('show')).code).toBe(2)
    expect((await cli.jobs('remove', done)).code).toBe(2)
  })
})
