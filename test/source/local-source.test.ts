import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLocalSource } from '../../dist/source/local-source.js'

let top: string
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-source-')))
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

function opened(name: string) {
  return openLocalSource({ kind: 'local', name, path: join(top, name) })
}

it('reads at any position, and fewer bytes only at the end', () => {
  writeFileSync(join(top, 'a.npy'), 'abcdefgh')
  const source = opened('a.npy')
  const target = new Uint8Array(4)
  expect(source.byteLength).toBe(8)
  expect(source.name).toBe('a.npy')
  expect(source.read(2, target)).toBe(4)
  expect(Buffer.from(target).toString()).toBe('cdef')
  expect(source.read(6, target)).toBe(2)
  expect(Buffer.from(target).toString()).toBe('ghef')
  expect(source.read(100, target)).toBe(0)
  source.close()
})

it('has a fingerprint that changes when the file does', () => {
  writeFileSync(join(top, 'a.npy'), 'abcdefgh')
  utimesSync(join(top, 'a.npy'), 1000, 1000)
  const print = () => {
    const source = opened('a.npy')
    source.close()
    return source.fingerprint
  }
  const first = print()
  expect(print()).toBe(first)
  utimesSync(join(top, 'a.npy'), 1000, 1001)
  const touched = print()
  expect(touched).not.toBe(first)
  writeFileSync(join(top, 'b.npy'), 'abcdefgh')
  utimesSync(join(top, 'b.npy'), 1000, 1001)
  renameSync(join(top, 'b.npy'), join(top, 'a.npy'))
  expect(print()).not.toBe(touched)
})

it('says so where the file is gone, or is closed already', () => {
  expect(() => opened('absent.npy')).toThrow(
    expect.objectContaining({ kind: 'importFailed', place: { file: 'absent.npy' } }),
  )
  writeFileSync(join(top, 'a.npy'), 'x')
  const source = opened('a.npy')
  source.close()
  source.close()
  expect(() => source.read(0, new Uint8Array(1))).toThrow(
    expect.objectContaining({ kind: 'ioFailed', place: { file: 'a.npy' } }),
  )
})

it.runIf(process.platform !== 'win32')(
  'reads nothing where a directory of its address became a link, and leaves no file open',
  () => {
    mkdirSync(join(top, 'inside'))
    mkdirSync(join(top, 'outside'))
    for (const place of ['inside', 'outside']) writeFileSync(join(top, place, 'a.npy'), place)
    renameSync(join(top, 'inside'), join(top, 'moved'))
    symlinkSync(join(top, 'outside'), join(top, 'inside'))
    const openBefore = openFiles()
    expect(() => opened('inside/a.npy')).toThrow('changed while it was opened')
    expect(openFiles()).toBe(openBefore)
  },
)

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}
