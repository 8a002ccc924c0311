import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliFixture, ended, eventsOf, HoldingHost, said } from './cli-fixture.js'

describe('millrace import, at a server', () => {
  let cli: CliFixture
  let host: HoldingHost
  beforeAll(async () => {
    cli = new CliFixture()
    cli.writeLines('files/rows.jsonl', 30)
    host = new HoldingHost(cli.read('files/rows.jsonl'))
    await host.listen()
    await cli.serve('--allow-http-host', host.host)
    cli.writeNpy('files', 100)
    cli.writeNpy('far', 50)
    cli.writeNpy('parts/a', 10)
    cli.writeNpy('parts/b', 20)
    cli.writeLines('files/bad.jsonl', 30, [7, 11])
    await make('docs')
  })
  afterAll(async () => {
    await cli.close()
    await host.close()
  })

  async function make(collection: string): Promise<void> {
    const { code, error } = await cli.import(
      'files/rows.jsonl',
      '-c',
      collection,
      '--create',
      '--yes',
    )
    expect({ code, error }).toEqual({ code: 0, error: '' })
  }

  async function rowCountOf(filter: string, collection = 'docs'): Promise<unknown> {
    const { MilvusClient, connections } = await import('../../dist/client/index.js')
    await connections.connect({ address: cli.address })
    const [row] = await new MilvusClient().query({
      collectionName: collection,
      filter,
      outputFields: ['count(*)'],
    })
    connections.disconnect()
    return row?.['count(*)']
  }

  it('makes a collection from npy headers and tells it, in plain lines', async () => {
    const words = ['files/id.npy', 'files/vector.npy', '-c', 'made', '--create', '--yes']
    const { code, out, error } = await cli.import(...words, '--metric', 'l2')
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toContain(
      [
        'collection made, by the look of files/id.npy, files/vector.npy:',
        '  id      Int64        primary key',
        '  vector  FloatVector  dim 4, L2',
        '',
      ].join('\n'),
    )
    expect(out).toMatch(/^job \d+ on 127\.0\.0\.1:\d+$/m)
    expect(out).toMatch(/^imported 100 rows into made in .* rows\/s, .*B\/s$/m)
    // A pipe gets no colours, no bars, no carriage returns.
    expect([...out].filter((letter) => letter < ' ' && letter !== '\n')).toEqual([])
    expect(await rowCountOf('id >= 0', 'made')).toBe(100n)
  })

  it('does not make a collection that is there', async () => {
    const { code, error } = await cli.import('files/rows.jsonl', '-c', 'docs', '--create', '--yes')
    expect(code).toBe(2)
    expect(error).toContain('the collection docs is there already: leave --create out')
  })

  it('says which option makes a collection that is not there', async () => {
    const { code, error } = await cli.import('files/rows.jsonl', '-c', 'none')
    expect(code).toBe(1)
    expect(error).toMatch(/collection not found.*\n {2}hint {3}--create makes the collection/)
  })

  it('tells the place of a failure and what to do, and leaves no collection behind', async () => {
    const { code, error } = await cli.import('files/bad.jsonl', '-c', 'failed', '--create', '--yes')
    expect(code).toBe(1)
    expect(error).toMatch(/^failed: files\/bad\.jsonl: row 7, field 'vector': expected a list of 4/)
    expect(error).toContain(
      '  file   files/bad.jsonl\n  row    7 (the first is 0)\n  line   8\n  field  vector\n',
    )
    expect(error).toMatch(/ {2}hint {3}the vectors of the files are of another length/)
    const again = await cli.import('files/rows.jsonl', '-c', 'failed', '--create', '--yes')
    expect(again.code).toBe(0)
  })

  it('writes the rows that it skips to a file, exit code 3', async () => {
    await make('skipped')
    const skip = ['--on-error', 'skip', '--max-errors', '5', '--rejects', 'left-out.jsonl']
    const { code, out } = await cli.import('files/bad.jsonl', '-c', 'skipped', ...skip)
    expect(code).toBe(3)
    expect(out).toContain('imported 28 rows into skipped')
    expect(out).toContain('2 rows left out, written to left-out.jsonl:\n  files/bad.jsonl:')
    const rejects = cli
      .read('left-out.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rejects).toMatchObject([
      { file: 'files/bad.jsonl', row: 7, field: 'vector' },
      { file: 'files/bad.jsonl', row: 11, field: 'vector' },
    ])
    expect(JSON.parse(rejects[0].raw)).toMatchObject({ id: 7 })
  })

  it('fails where more rows are bad than it may skip', async () => {
    const skip = ['--on-error', 'skip', '--max-errors', '1']
    const { code, error } = await cli.import('files/bad.jsonl', '-c', 'docs', ...skip)
    expect(code).toBe(1)
    expect(error).toMatch(/^failed: /)
    expect(cli.read('docs-rejects.jsonl')).toContain('"row":7')
  })

  it('checks everything and writes nothing with --dry-run', async () => {
    const { code, out } = await cli.import(
      'files/bad.jsonl',
      '-c',
      'dry',
      '--create',
      '--yes',
      '--dry-run',
    )
    expect(out).toContain('checked: 28 rows good, 2 bad; nothing was written')
    expect(code).toBe(3)
    expect(cli.read('dry-rejects.jsonl').trim().split('\n')).toHaveLength(2)
    expect((await cli.import('files/rows.jsonl', '-c', 'dry')).error).toContain(
      'collection not found',
    )
  })

  it('replaces and deletes rows by their keys', async () => {
    await make('modes')
    const upsert = await cli.import('files/rows.jsonl', '-c', 'modes', '--mode', 'upsert')
    expect(upsert.out).toMatch(/imported 30 rows into modes.*; 30 rows that were there before/)
    expect(await rowCountOf('id >= 0', 'modes')).toBe(30n)
    cli.write('files/gone.jsonl', '{"id":1}\n{"id":2}\n')
    const gone = await cli.import('files/gone.jsonl', '-c', 'modes', '--mode', 'delete')
    expect(gone.code).toBe(0)
    expect(await rowCountOf('id >= 0', 'modes')).toBe(28n)
  })

  it('reads CSV as --sep and --nullkey say', async () => {
    cli.write('files/rows.csv', 'id;vector;word\n1;[0.5, 1];NIL\n2;[1, 2.5];b\n')
    const csv = ['--sep', ';', '--nullkey', 'NIL']
    const { code, out } = await cli.import(
      'files/rows.csv',
      '-c',
      'cells',
      '--create',
      '--yes',
      ...csv,
    )
    expect(out).toMatch(/ {2}word {4}VarChar {6}max_length 256, nullable/)
    expect(out).toContain('imported 2 rows')
    expect(code).toBe(0)
    expect(await rowCountOf('word is null', 'cells')).toBe(1n)
  })

  it('imports into a partition, and says where there is none of the name', async () => {
    const into = ['files/rows.jsonl', '-c', 'docs', '--partition']
    expect((await cli.import(...into, '_default')).code).toBe(0)
    const { code, error } = await cli.import(...into, 'none')
    expect(code).toBe(1)
    expect(error).toMatch(/partition not found.*\n {2}hint {3}make the partition first/)
  })

  it('gives up after --timeout', async () => {
    const { code, error } = await cli.import('files/rows.jsonl', '-c', 'docs', '--timeout', '1ms')
    expect(code).toBe(1)
    expect(error).toMatch(/^failed: import timeout\n {2}hint {3}give it more time with --timeout/)
  })

  it('uploads what lies outside of the import roots, and removes it afterwards', async () => {
    await make('uploaded')
    const words = ['far/id.npy', 'far/vector.npy', '-c', 'far', '--create', '--yes']
    const { code, out, error } = await cli.import(...words)
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toContain('does not see the files, so they are uploaded')
    expect(out).toMatch(/uploading far\/vector\.npy: .*B of .*B/)
    expect(out).toContain('imported 50 rows into far')
    const left = await fetch(`http://${cli.address}/v2/files`)
    expect(await left.json()).toMatchObject({ data: { files: [] } })
  })

  it('names an uploaded file as the user knows it', async () => {
    cli.writeLines('far/bad.jsonl', 5, [3])
    const { code, error } = await cli.import('far/bad.jsonl', '-c', 'docs')
    expect(code).toBe(1)
    expect(error).toMatch(/^failed: far\/bad\.jsonl: row 3/)
  })

  it('takes the .npy files of each directory as a set, and every row file by itself', async () => {
    const words = ['parts', 'files/rows.jsonl', '-c', 'several', '--create', '--yes', '--json']
    const events = eventsOf(await cli.import(...words))
    const result = events.at(-1)!
    expect(result).toMatchObject({ event: 'result', result: 'done', importedRows: 60 })
    expect(result.files).toHaveLength(3)
  })

  it('imports what a pattern means that the shell has left alone', async () => {
    const { code, out } = await cli.import('parts/*/*.npy', '-c', 'globbed', '--create', '--yes')
    expect(code).toBe(0)
    expect(out).toContain('imported 30 rows into globbed')
  })

  it('lets the server look for what is not here', async () => {
    expect((await cli.import('rows.jsonl', '-c', 'docs')).code).toBe(0)
    const { code, error } = await cli.import('rows.jsonk', '-c', 'docs')
    expect(code).toBe(1)
    expect(error).toContain('rows.jsonk')
  })

  it('tells programs everything in JSON, a line an event', async () => {
    const ok = eventsOf(await cli.import('files/rows.jsonl', '-c', 'docs', '--json'))
    expect(ok.map(({ event }) => event)).toEqual([
      'started',
      ...ok.slice(1, -1).map(() => 'progress'),
      'result',
    ])
    expect(ok.at(-1)).toMatchObject({ result: 'done', exitCode: 0, importedRows: 30, hint: null })
    const failed = await cli.import('files/bad.jsonl', '-c', 'docs', '--json')
    expect(failed.code).toBe(1)
    expect(eventsOf(failed).at(-1)).toMatchObject({
      result: 'failed',
      exitCode: 1,
      failedFile: 'files/bad.jsonl',
      failedRow: 7,
      failedField: 'vector',
      hint: expect.any(String),
    })
  })

  it.skipIf(process.platform === 'win32')(
    'leaves the import running at a signal where nobody can be asked',
    async () => {
      const file = `http://${host.host}/rows.jsonl`
      const child = cli.start('import', file, '-c', 'docs', '--json', '--address', cli.address)
      const exited = ended(child)
      await said(child, '"started"')
      child.kill('SIGINT')
      const left = await exited
      const { result, hint, jobId } = eventsOf(left).at(-1)!
      expect({ code: left.code, result }).toEqual({ code: 130, result: 'detached' })
      expect(hint).toContain(`"millrace jobs watch ${jobId} --address ${cli.address}" follows it`)
      const watching = ended(cli.start('jobs', 'watch', String(jobId), '--address', cli.address))
      host.letGo()
      const watched = await watching
      expect(watched.out).toContain('imported 30 rows into docs')
      expect(watched.code).toBe(0)
    },
  )
})
