import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Only root on Linux may mount. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** A file system of its own, of so many bytes, that can be filled without harm. */
export class SmallDisk {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static mount(sizeBytes: number): SmallDisk {
    const path = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path])
    return new SmallDisk(path)
  }

  unmount(): void {
    execFileSync('umount', [this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}
