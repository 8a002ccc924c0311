import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UploadRoot } from '../../dist/source/upload-root.js'

const isPosix = process.platform !== 'win32'
let top: string
let uploads: UploadRoot
beforeEach(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-uploads-')))
  uploads = await UploadRoot.open(join(top, 'up'), 100)
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

function add(path: string, text: string, begin = 0, bytesTotal = begin + text.length) {
  const body = pieces(text.slice(0, 2), text.slice(2))
  return uploads.add({ path, begin, length: text.length, bytesTotal, body })
}

const contentOf = (path: string) => readFileSync(join(top, 'up', path), 'utf8')

it('takes a file whole, and replaces it whole', async () => {
  expect(await add('a/b/id.npy', 'abcdef')).toEqual({ byteLength: 6, bytesTotal: 6 })
  expect(contentOf('a/b/id.npy')).toBe('abcdef')
  await add('a/b/id.npy', 'xyz')
  expect(contentOf('a/b/id.npy')).toBe('xyz')
  expect(uploads.usedBytes).toBe(3)
  expect(await uploads.list()).toMatchObject([{ path: 'a/b/id.npy', byteLength: 3 }])
  expect(readdirSync(join(top, 'up', '.unfinished'))).toEqual([])
})

it('takes parts in a row, and tells where the next one begins, after a restart too', async () => {
  expect(await add('id.npy', 'abc', 0, 8)).toEqual({ byteLength: 3, bytesTotal: 8 })
  expect(existsSync(join(top, 'up', 'id.npy'))).toBe(false)
  uploads = await UploadRoot.open(join(top, 'up'), 100)
  expect(uploads.usedBytes).toBe(3)
  expect(await uploads.state('id.npy')).toMatchObject({ byteLength: 3, bytesTotal: 8 })
  expect(await add('id.npy', 'xx', 5, 8)).toMatchObject({ byteLength: 3 })
  expect(await add('id.npy', 'xx', 3, 9)).toMatchObject({ byteLength: 3, bytesTotal: 8 })
  await add('id.npy', 'defgh', 3, 8)
  expect(contentOf('id.npy')).toBe('abcdefgh')
  expect(await uploads.state('id.npy')).toEqual({ byteLength: 8, bytesTotal: 8 })
  expect(await uploads.state('other.npy')).toBeNull()
})

it('keeps what came in before a connection broke', async () => {
  async function* broken() {
    yield Buffer.from('abc')
    throw new Error('aborted')
  }
  const part = { path: 'id.npy', begin: 0, length: 6, bytesTotal: 6, body: broken() }
  await expect(uploads.add(part)).rejects.toThrow('could not be written: aborted')
  expect(await uploads.state('id.npy')).toMatchObject({ byteLength: 3, bytesTotal: 6 })
  await add('id.npy', 'def', 3)
  expect(contentOf('id.npy')).toBe('abcdef')
})

it('refuses a body of another length', async () => {
  const part = { path: 'id.npy', begin: 0, bytesTotal: 6 }
  await expect(uploads.add({ ...part, length: 6, body: pieces('abc') })).rejects.toThrow(
    "the upload 'id.npy': expected 6 bytes, got 3",
  )
  await expect(uploads.add({ ...part, length: 6, body: pieces('abcdefg') })).rejects.toThrow(
    'expected 6 bytes, got more',
  )
})

it('has a quota, in which unfinished uploads count', async () => {
  await add('a.npy', 'a'.repeat(60), 0, 70)
  await expect(add('b.npy', 'b'.repeat(50))).rejects.toThrow(
    "the upload 'b.npy' needs 50 bytes more, and 40 of 100 are free",
  )
  // What is begun anew takes the place of what was begun.
  await add('a.npy', 'a'.repeat(10), 0, 70)
  expect(uploads.usedBytes).toBe(10)
  await uploads.remove('a.npy')
  expect(uploads.usedBytes).toBe(0)
  await add('b.npy', 'b'.repeat(50))
  await expect(add('c.npy', 'x', 0, 17 * 1024 ** 3)).rejects.toThrow('expected at most 17179869184')
})

it.each([
  '',
  '.',
  '..',
  '../x',
  'a/../x',
  '/etc/passwd',
  'a//b',
  '.unfinished/x',
  'a/.b',
  'a\\b',
  'c:x',
  'a\0b',
  'a*',
  'a.',
  'x'.repeat(300),
  `${'x/'.repeat(20)}x`,
])('refuses the path %j', async (path) => {
  await expect(add(path, 'abc')).rejects.toThrow('the upload')
  await expect(uploads.remove(path)).rejects.toThrow('the upload')
  expect(existsSync(join(top, 'up'))).toBe(false)
})

it('puts no file where a folder is, and no folder where a file is', async () => {
  await add('a/b', 'abc')
  await expect(add('a', 'abc')).rejects.toThrow('could not be written')
  await expect(add('a/b/c', 'abc')).rejects.toThrow("'b' is no folder")
  expect(contentOf('a/b')).toBe('abc')
})

it.runIf(isPosix)('follows no link (needs POSIX files)', async () => {
  mkdirSync(join(top, 'up'))
  mkdirSync(join(top, 'outside'))
  symlinkSync(join(top, 'outside'), join(top, 'up', 'link'))
  await expect(add('link/id.npy', 'abc')).rejects.toThrow("'link' is no folder")
  expect(readdirSync(join(top, 'outside'))).toEqual([])
})

it('takes one part of a file at a time', async () => {
  const both = await Promise.allSettled([add('id.npy', 'abc'), add('id.npy', 'def')])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(contentOf('id.npy')).toBe('abc')
})

it('removes a file and the folders that it leaves empty', async () => {
  await add('a/b/c.npy', 'abc')
  await add('a/d.npy', 'abc')
  await uploads.remove('a/b/c.npy')
  expect(readdirSync(join(top, 'up', 'a'))).toEqual(['d.npy'])
  await expect(uploads.remove('a/b/c.npy')).rejects.toThrow("there is no upload 'a/b/c.npy'")
})

it('sweeps what is old and not kept, finished or not', async () => {
  for (const path of ['old.npy', 'kept.npy', 'new.npy']) await add(path, 'abc')
  await add('begun.npy', 'ab', 0, 9)
  const [begun] = readdirSync(join(top, 'up', '.unfinished'))
  for (const path of ['old.npy', 'kept.npy', `.unfinished/${begun}`])
    utimesSync(join(top, 'up', path), 1000, 1000)
  expect(await uploads.sweep(2_000_000, (path) => path === 'kept.npy')).toEqual(['old.npy'])
  expect((await uploads.list()).map(({ path }) => path)).toEqual(['kept.npy', 'new.npy'])
  expect(await uploads.state('begun.npy')).toBeNull()
  expect(uploads.usedBytes).toBe(6)
})
