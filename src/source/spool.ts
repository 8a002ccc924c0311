import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RemoteVersion, SourceAddress, SpooledAddress } from './byte-source.js'
import { checkFileSize, fileSizeBytesMax } from './file-checks.js'
import { readHttpPage } from './http-ranges.js'
import { systemErrorText } from './real-file.js'
import { RemoteFailure } from './remote-failure.js'
import { withRetries } from './retry.js'

/**
 * Copies a page whose server gives no parts to a folder of this machine, once.
 * @throws RemoteFailure, also for a page over 16 GiB; importFailed for an empty one
 */
export async function spoolPage(
  name: string,
  hosts: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<SpooledAddress> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  try {
    const version = await withRetries(() => download({ url: name, hosts }, path, signal), signal)
    checkFileSize(name, BigInt(version.byteLength))
    return { kind: 'spooled', name, path, ...version }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Removes what was copied for these addresses. */
export async function removeSpooled(addresses: readonly SourceAddress[]): Promise<void> {
  for (const address of addresses) {
    if (address.kind === 'spooled') await rm(address.path, { force: true })
  }
}

function download(
  place: { readonly url: string; readonly hosts: readonly string[] },
  path: string,
  signal: AbortSignal,
): Promise<RemoteVersion> {
  return readHttpPage(
    place,
    async (page, version, length) => {
      const handle = await open(path, 'w', 0o600)
      try {
        const byteLength = await copy(page, handle)
        if (length === null || length === byteLength) return { byteLength, version }
        throw new RemoteFailure(
          'transient',
          `the connection ended early: expected ${length} bytes, got ${byteLength}`,
        )
      } finally {
        await handle.close()
      }
    },
    signal,
  )
}

async function copy(page: AsyncIterable<Uint8Array>, handle: FileHandle): Promise<number> {
  let byteLength = 0
  for await (const bytes of page) {
    byteLength += bytes.byteLength
    if (byteLength > fileSizeBytesMax) {
      throw new RemoteFailure('refused', `expected at most ${fileSizeBytesMax} bytes, got more`)
    }
    await writeAll(handle, bytes)
  }
  return byteLength
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await handle.writeFile(bytes)
  } catch (error) {
    const text = `a copy on this machine could not be written: ${systemErrorText(error)}`
    throw new RemoteFailure('refused', text, error)
  }
}
