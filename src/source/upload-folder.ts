import { lstat, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../errors.js'

export interface UploadedFile {
  /** Below the upload root. */
  readonly path: string
  readonly byteLength: number
  readonly modifiedMs: number
}

/** Every file below a folder of the root, and those that come in too where `isHiddenToo`. */
export async function filesBelow(
  root: string,
  folder: string,
  isHiddenToo: boolean,
): Promise<UploadedFile[]> {
  const files: UploadedFile[] = []
  for (const entry of await entriesOf(join(root, folder))) {
    if (entry.name.startsWith('.') && !isHiddenToo) continue
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) files.push(...(await filesBelow(root, path, isHiddenToo)))
    if (!entry.isFile()) continue
    const { size, mtimeMs } = await lstat(join(root, path))
    files.push({ path, byteLength: size, modifiedMs: mtimeMs })
  }
  return files
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    return [] // Nothing was uploaded yet, or it has been removed meanwhile.
  }
}

/** The length of a file, null where there is none. */
export async function fileSize(file: string): Promise<number | null> {
  try {
    const stats = await lstat(file)
    return stats.isFile() ? stats.size : null
  } catch {
    return null
  }
}

/**
 * Makes the folders that an upload lies in, one by one, so that none is a link to elsewhere.
 * @returns the folders that have new entries
 * @throws parameterInvalid where something else has a folder's name
 */
export async function makeFolders(root: string, names: readonly string[]): Promise<string[]> {
  const changed: string[] = []
  let folder = root
  for (const name of names) {
    const parent = folder
    folder = join(folder, name)
    await mkdir(folder).then(
      () => changed.push(parent),
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      },
    )
    if ((await lstat(folder)).isDirectory()) continue
    throw new MillraceError(
      'parameterInvalid',
      `the upload '${names.join('/')}/…': '${name}' is no folder`,
    )
  }
  return changed
}

/** Removes a file, and the folders that it leaves empty. */
export async function removeFile(root: string, names: readonly string[]): Promise<void> {
  await rm(join(root, ...names))
  for (let count = names.length - 1; count > 0; count--) {
    const isRemoved = await rmdir(join(root, ...names.slice(0, count))).then(
      () => true,
      () => false, // It has other files in it.
    )
    if (!isRemoved) return
  }
}

/** Makes a folder's new names durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // It opens no folders.
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
