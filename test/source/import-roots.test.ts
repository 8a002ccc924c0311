import { execFileSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { resolveImportPath } from '../../dist/source/import-roots.js'

let top: string
let root: string
let dataDirectory: string
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-roots-')))
  root = join(top, 'imports')
  dataDirectory = join(root, 'millrace-data')
  mkdirSync(join(root, 'data'), { recursive: true })
  mkdirSync(dataDirectory)
  writeFileSync(join(root, 'data', 'id.npy'), 'x')
  writeFileSync(join(top, 'secret.npy'), 'x')
  writeFileSync(join(dataDirectory, 'segment.npy'), 'x')
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

const isPosix = process.platform !== 'win32'
const onPosix = it.runIf(isPosix) // needs POSIX files

function resolved(path: string) {
  return resolveImportPath(path, { roots: [root], forbidden: [dataDirectory] })
}

function failureOf(path: string): MillraceError {
  try {
    resolved(path)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    const failure = error as MillraceError
    expect(failure.kind).toBe('importFailed')
    expect(failure.place.file).toBe(path)
    return failure
  }
  throw new Error(`'${path}' was taken`)
}

describe('a path that is taken', () => {
  it('is resolved against the first root where it is relative, and keeps the name as given', () => {
    const path = join(root, 'data', 'id.npy')
    expect(resolved('data/id.npy')).toEqual({ kind: 'local', name: 'data/id.npy', path })
  })

  it('may be absolute, or have .. in it, as long as it ends inside a root', () => {
    const path = join(root, 'data', 'id.npy')
    expect(resolved(path).path).toBe(path)
    expect(resolved('data/../data/./id.npy').path).toBe(path)
    expect(resolved('../imports/data/id.npy').path).toBe(path)
  })

  it('may lie in any of the roots', () => {
    const path = join(top, 'secret.npy')
    const roots = [join(root, 'data'), top]
    expect(resolveImportPath(path, { roots, forbidden: [] }).path).toBe(path)
  })

  it('is looked for in the roots in their order', () => {
    const other = join(top, 'other')
    mkdirSync(join(other, 'data'), { recursive: true })
    for (const name of ['id.npy', 'vector.npy']) writeFileSync(join(other, 'data', name), 'x')
    const roots = { roots: [root, other], forbidden: [] }
    expect(resolveImportPath('data/id.npy', roots).path).toBe(join(root, 'data', 'id.npy'))
    expect(resolveImportPath('data/vector.npy', roots).path).toBe(join(other, 'data', 'vector.npy'))
    expect(() => resolveImportPath('../secret.npy', roots)).toThrow('is outside of')
    expect(() => resolveImportPath('absent.npy', roots)).toThrow(`looked for '${root}`)
  })

  it('is an upload where it begins with uploads/', () => {
    const uploadRoot = join(top, 'up')
    mkdirSync(uploadRoot)
    writeFileSync(join(uploadRoot, 'id.npy'), 'x')
    const roots = { roots: [root], uploadRoot, forbidden: [] }
    expect(resolveImportPath('uploads/id.npy', roots).path).toBe(join(uploadRoot, 'id.npy'))
    expect(resolveImportPath('data/id.npy', roots).path).toBe(join(root, 'data', 'id.npy'))
    expect(() => resolveImportPath('uploads/../secret.npy', roots)).toThrow('is outside of')
  })

  onPosix(
    'may go over links that stay inside, and the address is the real path (needs POSIX files)',
    () => {
      symlinkSync(join(root, 'data'), join(root, 'link'))
      expect(resolved('link/id.npy').path).toBe(join(root, 'data', 'id.npy'))
    },
  )

  onPosix('may be named by the way over a root that is itself a link (needs POSIX files)', () => {
    symlinkSync(root, join(top, 'alias'))
    const roots = { roots: [join(top, 'alias')], forbidden: [] }
    expect(resolveImportPath('data/id.npy', roots).path).toBe(join(root, 'data', 'id.npy'))
  })

  it('may have a name that only begins like the way up', () => {
    writeFileSync(join(root, '..id.npy'), 'x')
    expect(resolved('..id.npy').path).toBe(join(root, '..id.npy'))
  })

  it.runIf(process.platform === 'win32')('may have backslashes on Windows (needs Windows)', () => {
    expect(resolved('data\\id.npy').path).toBe(join(root, 'data', 'id.npy'))
  })
})

describe('a path that is refused', () => {
  it('leads out of the roots, and does not tell whether the file exists', () => {
    const present = failureOf('../secret.npy').message
    const absent = failureOf('../absent.npy').message
    expect(present).toContain(`outside of the import root '${root}'`)
    expect(present).toContain(join(top, 'secret.npy'))
    expect(absent.replaceAll('absent', 'secret')).toBe(present)
    expect(failureOf('/etc/passwd').message).toContain('is outside of')
  })

  it('lies beside a root whose name begins alike', () => {
    mkdirSync(join(top, 'root2'))
    writeFileSync(join(top, 'root2', 'id.npy'), 'x')
    expect(failureOf('../root2/id.npy').message).toContain('is outside of')
  })

  onPosix('leads out over a link to a file or to a directory (needs POSIX files)', () => {
    symlinkSync(join(top, 'secret.npy'), join(root, 'leak.npy'))
    symlinkSync(top, join(root, 'up'))
    expect(failureOf('leak.npy').message).toContain(`really '${join(top, 'secret.npy')}'`)
    expect(failureOf('up/secret.npy').message).toContain('is outside of')
    expect(failureOf('up/absent.npy').message).toContain('is outside of')
  })

  it('lies in the data directory', () => {
    expect(failureOf('millrace-data/segment.npy').message).toContain("the server's data directory")
    expect(failureOf('millrace-data/absent.npy').message).toContain("the server's data directory")
  })

  onPosix('leads into the data directory over a link (needs POSIX files)', () => {
    symlinkSync(dataDirectory, join(root, 'innocent'))
    expect(failureOf('innocent/segment.npy').message).toContain("the server's data directory")
  })

  it('is empty or has a NUL in it', () => {
    expect(failureOf('').message).toContain('expected the path of a file')
    expect(failureOf('data/id.npy\0.txt').message).toContain('expected the path of a file')
  })

  it('is too long for the system', () => {
    expect(failureOf('x'.repeat(5000)).message).toContain('failed to get file size of')
  })
})

describe('a file that does not exist', () => {
  it("is told in Milvus's words, then where it was looked for and what is near", () => {
    for (const name of ['ids.npy', 'vector.npy']) writeFileSync(join(root, 'data', name), 'x')
    const message = failureOf('data/di.npy').message
    expect(message).toContain(
      "failed to get file size of 'data/di.npy', error: stat data/di.npy: no such file or directory",
    )
    expect(message).toContain(`looked for '${join(root, 'data', 'di.npy')}' in the import root`)
    expect(message).toContain(`'${root}'`)
    expect(message).toMatch(/near it: 'id.npy', 'ids.npy'$/)
  })

  it('names at most three that are near, whatever their case', () => {
    for (const name of ['Vector.npy', 'vectors.npy', 'vectr.npy', 'vektor.npy', 'other.npy'])
      writeFileSync(join(root, 'data', name), 'x')
    expect(failureOf('data/vector.NPY').message).toMatch(
      /near it: 'Vector.npy', 'vectors.npy', 'vectr.npy'$/,
    )
  })

  it('names the directory that is missing on the way, and one that is near', () => {
    expect(failureOf('dat/id.npy').message).toMatch(/has no 'dat'; near it: 'data'$/)
    expect(failureOf('data/id.npy/x.npy').message).toContain('no such file or directory')
  })

  onPosix('is what a link to nowhere inside the root leads to (needs POSIX files)', () => {
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling.npy'))
    expect(failureOf('dangling.npy').message).toContain('no such file or directory')
  })
})

describe('what is no regular file', () => {
  it('is refused where it is a directory', () => {
    expect(failureOf('data').message).toContain('expected a regular file, got a directory')
  })

  onPosix('is refused at once where it is a fifo that nobody writes to (needs POSIX files)', () => {
    execFileSync('mkfifo', [join(root, 'fifo.npy')])
    expect(failureOf('fifo.npy').message).toContain('expected a regular file, got a fifo')
  })

  onPosix('is refused where it is a socket (needs POSIX files)', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(join(root, 's.npy'), done))
    expect(failureOf('s.npy').message).toContain('expected a regular file, got a socket')
    await new Promise((done) => server.close(done))
  })

  onPosix('is refused where it is a device (needs POSIX files)', () => {
    const roots = { roots: ['/dev'], forbidden: [] }
    expect(() => resolveImportPath('null', roots)).toThrow('got a device')
  })
})

describe('the size of a file', () => {
  it('must not be zero', () => {
    writeFileSync(join(root, 'empty.npy'), '')
    expect(failureOf('empty.npy').message).toBe("the file 'empty.npy' size is zero")
  })

  it('must not be over 16 GiB', () => {
    const sizeMax = 16 * 1024 ** 3
    for (const [name, size] of [['most', sizeMax] as const, ['more', sizeMax + 1] as const]) {
      const descriptor = openSync(join(root, `${name}.npy`), 'w')
      ftruncateSync(descriptor, size)
      closeSync(descriptor)
    }
    expect(resolved('most.npy').name).toBe('most.npy')
    expect(failureOf('more.npy').message).toContain(
      "the file 'more.npy' size exceeds the maximum size: 17179869184 bytes",
    )
  })
})
