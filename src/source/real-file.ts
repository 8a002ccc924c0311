import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
} from 'node:fs'

export interface RealFile {
  readonly descriptor: number
  readonly stats: BigIntStats
}

/**
 * Opens the regular file whose real path is `path`. What counts is what was opened: where a directory on
 * the way became a link meanwhile, this throws instead of reading elsewhere. Never waits on a fifo.
 * @throws an Error of the system, or one that says what is there instead
 */
export function openRealFile(path: string): RealFile {
  // Opening a device may do something, and a socket's error would not say what it is: so look first.
  refuseIrregular(lstatSync(path, { bigint: true }))
  const descriptor = openSync(path, constants.O_RDONLY | nonBlocking | noFollow)
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    refuseIrregular(stats)
    if (!isOpenedAt(descriptor, stats, path))
      throw new Error(`'${path}' changed while it was opened`)
    return { descriptor, stats }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** What the system says, in its own words: `permission denied`. */
export function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const match = /^[A-Z0-9_]+: (.*?), [a-z]+( |$)/.exec(error.message)
  return match ? match[1] : error.message
}

// Windows has neither.
const nonBlocking = constants.O_NONBLOCK ?? 0
const noFollow = constants.O_NOFOLLOW ?? 0

function isOpenedAt(descriptor: number, stats: BigIntStats, path: string): boolean {
  const opened = openedPath(descriptor)
  return opened === null ? isStillAt(stats, path) : opened === path
}

/** The kernel's own answer where there is one. */
function openedPath(descriptor: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return null
  }
}

/** Elsewhere: the path has no link in it, and the file there is the one that was opened. */
function isStillAt(stats: BigIntStats, path: string): boolean {
  const there = lstatSync(path, { bigint: true })
  return isSameFile(there, stats) && realpathSync.native(path) === path
}

/** Windows: older versions of libuv give a device's number 64 bits by path and 32 by descriptor. */
function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && BigInt.asUintN(32, one.dev ^ other.dev) === 0n
}

function refuseIrregular(stats: BigIntStats): void {
  if (!stats.isFile()) throw new Error(`expected a regular file, got ${kindOf(stats)}`)
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a fifo'
  if (stats.isSocket()) return 'a socket'
  if (stats.isSymbolicLink()) return 'a link'
  return 'a device'
}
