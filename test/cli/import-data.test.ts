import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CliFixture, ended, eventsOf, HoldingHost, said } from './cli-fixture.js'

describe('millrace import --data', () => {
  let cli: CliFixture
  beforeEach(() => {
    cli = new CliFixture()
  })
  afterEach(() => cli.close())

  it('imports into a directory that a server serves afterwards', async () => {
    cli.writeNpy('far', 40)
    const words = ['far', '-c', 'docs', '--create', '--yes', '--data', 'data']
    const { code, out, error } = await cli.run('import', ...words)
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toMatch(/^job \d+ on data$/m)
    expect(out).toContain('imported 40 rows into docs')
    await cli.serve()
    expect((await cli.jobs('list')).out).toMatch(/Completed +100 % {2}docs/)
    const taken = await cli.run('import', 'far', '-c', 'docs', '--data', 'data')
    expect(taken.code).toBe(1)
    expect(taken.error).toContain(
      'a server has the directory open: import through it with --address',
    )
  })

  it('lets the keys be made, and takes any name for them', async () => {
    cli.writeNpy('far', 40)
    const words = ['far', '-c', 'docs', '--create', '--yes', '--data', 'data', '--json']
    const events = eventsOf(await cli.run('import', ...words, '--auto-id', '--pk', 'key'))
    expect(events[0]).toMatchObject({
      event: 'schema',
      fields: [
        { name: 'key', dataType: 'Int64', isPrimary: true, autoId: true },
        { name: 'id', dataType: 'Int64' },
        { name: 'vector', dataType: 'FloatVector', dim: 4, metric: 'COSINE' },
      ],
    })
    expect(events.at(-1)).toMatchObject({ result: 'done', importedRows: 40 })
  })

  it.skipIf(process.platform === 'win32')(
    'leaves what it was told to leave for the next one who opens the directory',
    async () => {
      cli.writeLines('first.jsonl', 3)
      const into = ['-c', 'docs', '--data', 'data', '--json']
      expect((await cli.run('import', 'first.jsonl', ...into, '--create', '--yes')).code).toBe(0)
      const host = new HoldingHost(cli.read('first.jsonl'))
      await host.listen()
      const child = cli.start('import', `http://${host.host}/first.jsonl`, ...into)
      const exited = ended(child)
      await said(child, '"started"')
      child.kill('SIGINT')
      await said(child, '"result"')
      host.letGo()
      const left = await exited
      expect(left.code).toBe(130)
      const { jobId, hint } = eventsOf(left).at(-1)!
      expect(hint).toContain('it goes on when data is opened the next time')
      await cli.serve('--allow-http-host', host.host)
      const watched = await cli.jobs('watch', String(jobId))
      await host.close()
      expect(watched).toMatchObject({ code: 0, error: '' })
      expect(watched.out).toContain('imported 3 rows into docs')
    },
  )
})
