import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expandFiles } from '../../dist/source/expand-files.js'
import type { SourceContext } from '../../dist/source/resolve-source.js'
import { ObjectServer } from './object-server.js'

const isPosix = process.platform !== 'win32'
let top: string
let context: SourceContext
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-expand-')))
  context = { roots: [join(top, 'root')], forbidden: [join(top, 'root', 'millrace-data')] }
  mkdirSync(join(top, 'root'))
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(top, 'root', path)), { recursive: true })
    writeFileSync(join(top, 'root', path), 'x')
  }
}

function rowsOf(name: string): 'file' | 'set' | null {
  if (name.endsWith('.npy')) return 'set'
  return /\.(parquet|json)$/.test(name) ? 'file' : null
}

const expanded = (...groups: string[][]) => expandFiles(groups, context, rowsOf)

describe('a pattern', () => {
  it('of row files is a group each, in natural order', async () => {
    write('data/part-10.parquet', 'data/part-2.parquet', 'data/part-1.parquet', 'data/README.md')
    expect(await expanded(['data/*.parquet'])).toEqual([
      ['data/part-1.parquet'],
      ['data/part-2.parquet'],
      ['data/part-10.parquet'],
    ])
    expect(await expanded(['data/part-?.parquet'])).toHaveLength(2)
    expect(await expanded(['data/part-[2-9].*'])).toEqual([['data/part-2.parquet']])
    expect(await expanded([join(top, 'root', 'data', 'part-[^1]*')])).toEqual([
      [join(top, 'root', 'data', 'part-2.parquet')],
    ])
  })

  it('of .npy files is a set for each folder', async () => {
    write('s/1/id.npy', 's/1/v.npy', 's/2/id.npy', 's/2/v.npy', 's/10/id.npy', 's/10/v.npy')
    const sets = [
      ['s/1/id.npy', 's/1/v.npy'],
      ['s/2/id.npy', 's/2/v.npy'],
      ['s/10/id.npy', 's/10/v.npy'],
    ]
    expect(await expanded(['s/*/*.npy'])).toEqual(sets)
    expect(await expanded(['s'])).toEqual(sets)
    expect(await expanded(['s/**/v.npy'])).toEqual([['s/1/v.npy'], ['s/2/v.npy'], ['s/10/v.npy']])
  })

  it('finds names that begin with a dot only where it says so', async () => {
    write('.a.json', 'b.json', '.git/c.json')
    expect(await expanded(['*.json'])).toEqual([['b.json']])
    expect(await expanded(['**'])).toEqual([['b.json']])
    expect(await expanded(['.*.json'])).toEqual([['.a.json']])
  })

  it('takes no longer for many stars', async () => {
    write(`${'a'.repeat(200)}.json`)
    await expect(expanded([`${'a*'.repeat(100)}b.json`])).rejects.toThrow('got no file')
  })

  it('that means nothing is refused', async () => {
    write('data/README.md')
    await expect(expanded(['data/*.npy'])).rejects.toThrow(
      "the file 'data/*.npy' is not importable: expected it to mean files that can be imported, got no file",
    )
    await expect(expanded(['data'])).rejects.toThrow('got 1 files of other types')
    await expect(expanded(['../*.npy'])).rejects.toThrow('is outside of the import root')
  })
})

describe('a directory', () => {
  it('is everything below it that can be imported', async () => {
    write('d/b.json', 'd/a.json', 'd/deep/er/c.parquet', 'd/set/id.npy', 'd/set/v.npy', 'd/x.txt')
    const groups = [
      ['d/a.json'],
      ['d/b.json'],
      ['d/deep/er/c.parquet'],
      ['d/set/id.npy', 'd/set/v.npy'],
    ]
    expect(await expanded(['d'])).toEqual(groups)
    expect(await expanded(['d/'])).toEqual(groups)
  })

  it('leaves out the data directory', async () => {
    write('a.json', 'millrace-data/segments/1.json')
    expect(await expanded(['.'])).toEqual([['./a.json']])
  })

  it.runIf(isPosix)('is not left over a link (needs POSIX files)', async () => {
    write('d/a.json')
    mkdirSync(join(top, 'outside'))
    writeFileSync(join(top, 'outside', 'b.json'), 'x')
    symlinkSync(join(top, 'outside'), join(top, 'root', 'd', 'out'))
    expect(await expanded(['d'])).toEqual([['d/a.json']])
  })

  it('may have wildcards in its name, as a file may', async () => {
    write('d[1]/a.json', 'b*.json')
    expect(await expanded(['d[1]'], ['b*.json'])).toEqual([['d[1]/a.json'], ['b*.json']])
  })
})

describe('a group', () => {
  it('of plain names stays as it is, be they there or not', async () => {
    const groups = [['id.npy', 'v.npy'], ['absent.json'], ['http://host/*.json'], []]
    expect(await expanded(...groups)).toEqual(groups)
  })

  it('of several names is one set, and a group for each row file', async () => {
    write('a/id.npy', 'b/v.npy', 'c/1.json', 'c/2.json')
    expect(await expanded(['a/*.npy', 'b/v.npy'])).toEqual([['a/id.npy', 'b/v.npy']])
    expect(await expanded(['c/*', 'c/1.json'])).toEqual([['c/1.json'], ['c/2.json']])
  })
})

describe('on S3', () => {
  let server: ObjectServer
  beforeEach(async () => {
    server = await ObjectServer.start()
    const keys = { accessKey: 'k', secretKey: 's', sessionToken: null }
    const s3 = { endpoint: server.url, region: 'us-east-1', pathStyle: true, ...keys }
    context = { ...context, s3 }
  })
  afterEach(() => server.stop())

  it('a prefix and a pattern mean keys, of however many pages', async () => {
    for (const key of [
      'in/2.json',
      'in/10.json',
      'in/1.json',
      'in/s/id.npy',
      'in/s/v.npy',
      'x.json',
    ])
      server.objects.set(`/lake/${key}`, Buffer.from('x'))
    const files = [['s3://lake/in/1.json'], ['s3://lake/in/2.json'], ['s3://lake/in/10.json']]
    const set = ['s3://lake/in/s/id.npy', 's3://lake/in/s/v.npy']
    expect(await expanded(['s3://lake/in/'])).toEqual([...files, set])
    expect(await expanded(['s3://lake/in/*.json'])).toEqual(files)
    expect(await expanded(['s3://lake/**/v.npy'])).toEqual([['s3://lake/in/s/v.npy']])
    expect(await expanded(['s3://lake/in/1.json'])).toEqual([['s3://lake/in/1.json']])
  })

  it('says what it looked for where there is nothing', async () => {
    server.objects.set('/lake/a.txt', Buffer.from('x'))
    await expect(expanded(['s3://lake/b/'])).rejects.toThrow('got no file')
    await expect(expanded(['s3://sea/b/'])).rejects.toThrow(
      `NoSuchBucket it is (404): looked in the bucket 'sea' at ${server.url}`,
    )
  })
})
