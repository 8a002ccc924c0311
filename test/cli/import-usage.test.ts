import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliFixture } from './cli-fixture.js'

describe('millrace import, used wrongly', () => {
  let cli: CliFixture
  beforeAll(() => {
    cli = new CliFixture()
    cli.writeNpy('far', 3)
    cli.write('words/id.npy', 'no header')
    cli.write('plain/notes.txt', 'nothing to import')
    cli.writeLines('lines/rows.jsonl', 3)
  })
  afterAll(() => cli.close())

  const set = ['far/id.npy', 'far/vector.npy', '-c', 'docs']
  const made = [...set, '--create', '--yes', '--data', 'd']

  it.each([
    [['-c', 'docs'], "missing required argument 'files'"],
    [['far/id.npy'], "required option '-c, --collection <name>' not specified"],
    [[...set, '--colour'], "unknown option '--colour'"],
    [
      [...set, '--mode', 'replace'],
      '--mode: expected one of insert, upsert, skip_existing, delete',
    ],
    [[...set, '--on-error', 'ignore'], '--on-error: expected one of fail, skip, got "ignore"'],
    [[...set, '--on-error', 'skip', '--max-errors', 'x'], '--max-errors: expected a whole number'],
    [[...set, '--max-errors', '3'], '--max-errors: expected --on-error skip beside it'],
    [[...set, '--rejects', 'r'], '--rejects: expected --on-error skip or --dry-run beside it'],
    [[...set, '--dry-run', '--rejects', 'no/r'], '--rejects: expected a file in a directory that'],
    [[...set, '--timeout', 'soon'], '--timeout: expected a duration above zero such as 300s'],
    [[...set, '--sep', '||'], '--sep: expected one character'],
    [[...set, '--pk', 'id'], '--pk: expected --create beside it'],
    [[...set, '--auto-id'], '--auto-id: expected --create beside it'],
    [[...set, '--metric', 'L2'], '--metric: expected --create beside it'],
    [[...set, '--address', 'http://x/y'], '--address: expected host:port such as 127.0.0.1:19530'],
    [[...set, '--address', 'x:1', '--data', 'd'], '--address and --data: expected one of them'],
    [[...made, '--metric', 'near'], '--metric: expected one of L2, IP, COSINE, HAMMING, JACCARD'],
    [[...made, '--metric', 'HAMMING'], 'expected one of COSINE, L2, IP for "vector"'],
    [[...made, '--partition', 'p'], '--partition: expected a collection that is there'],
    [[...made, '--pk', 'key'], '--pk: expected one of "id", "vector", got "key"'],
    [[...made, '--pk', 'vector'], '--pk: expected a column of integers or of texts'],
    [[...made, '--auto-id'], '--auto-id: expected files without the column "id"'],
    [['s3://b/x.npy', '-c', 'docs', '--create', '--yes', '--data', 'd'], 'which needs keys'],
    [[...made, '--token', 't'], '--token: expected a server, got --data'],
    [[...made, '--detach'], '--detach: expected a server, got --data'],
    [[...set, '--user', 'u'], '--user: expected --password beside it'],
    [[...set, '--token', 't', '--user', 'u'], '--token and --user: expected one of them'],
    [[...made, '--row-number-as', 'id'], '--row-number-as: expected a field that no file has'],
    [[...set, '--create', '--data', 'd'], '--create: expected --yes, since there is no terminal'],
    [['far/id.npy', '-c', 'docs', '--create', '--yes', '--data', 'd'], 'a column of vectors'],
    [
      ['far/vector.npy', '-c', 'docs', '--create', '--yes', '--data', 'd'],
      'expected a column "id"',
    ],
    [['plain/notes.txt', '-c', 'docs', '--create', '--yes', '--data', 'd'], 'got .txt'],
  ])('%j is refused with exit code 2', async (words, message) => {
    const { code, out, error } = await cli.run('import', ...words)
    expect(error).toContain(message)
    expect(error).toMatch(/--help shows the options/)
    expect(code).toBe(2)
    expect(out).not.toContain('imported')
  })

  it('says in its help what every exit code means', async () => {
    const { code, out } = await cli.run('import', '--help')
    expect(code).toBe(0)
    expect(out).toMatch(/Exit codes: 0 done, 1 failed or cancelled, 2 wrong usage, 3 done without/)
  })

  it('says what to do where no server answers', async () => {
    const { code, error } = await cli.run('import', ...set, '--address', '127.0.0.1:1')
    expect(code).toBe(1)
    expect(error).toMatch(
      /no server answers at 127\.0\.0\.1:1: .*\n {2}hint {3}start one with "millrace serve"/,
    )
  })

  it('names a directory in which there is nothing to import', async () => {
    const { code, error } = await cli.run('import', 'plain', '-c', 'docs', '--data', 'd')
    expect(error).toMatch(/expected it to mean files that can be imported/)
    expect(code).toBe(1)
  })

  it('names the file whose header says nothing', async () => {
    const words = ['words/id.npy', '-c', 'docs', '--create', '--yes', '--data', 'd']
    const { code, error } = await cli.run('import', ...words)
    expect(error).toMatch(/words\/id\.npy.*not a valid NumPy file format/)
    expect(code).toBe(1)
  })
})
