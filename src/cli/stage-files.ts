import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, relative } from 'node:path'
import type { Database, Upload } from './database.js'
import type { MeantFile } from './files-meant.js'
import type { ImportReport } from './import-report.js'

/** Files as the database is told of them. */
export interface StagedFiles {
  readonly fileGroups: readonly (readonly string[])[]
  /** A text of the database's, with the files named as the user knows them. */
  shown(text: string): string
  /** Removes what was uploaded. */
  remove(): Promise<void>
}

export function stageInPlace(groups: readonly (readonly MeantFile[])[]): StagedFiles {
  const local = groups.flat().filter(({ isLocal }) => isLocal)
  return {
    fileGroups: groups.map((group) => group.map(({ path }) => path)),
    shown: shownBy(new Map(local.map(({ path }) => [path, path]))),
    remove: async () => {},
  }
}

/** Uploads the files of this machine. What an earlier try has uploaded of them is not sent again. */
export async function stageByUpload(
  groups: readonly (readonly MeantFile[])[],
  upload: NonNullable<Database['upload']>,
  report: ImportReport,
): Promise<StagedFiles> {
  const uploads: Upload[] = []
  const names = new Map<string, string>()
  const fileGroups: string[][] = []
  for (const group of groups) {
    const folder = await folderOf(group)
    const staged: string[] = []
    for (const file of group) {
      const uploaded = file.isLocal ? await uploadInto(folder, file.path, upload, report) : null
      if (uploaded) uploads.push(uploaded)
      if (uploaded) names.set(uploaded.path, file.path)
      staged.push(uploaded?.path ?? file.path)
    }
    fileGroups.push(staged)
  }
  // What stays is swept by the server in a day.
  const remove = async () => void (await Promise.allSettled(uploads.map((each) => each.remove())))
  return { fileGroups, shown: shownBy(names), remove }
}

async function uploadInto(
  folder: string,
  path: string,
  upload: NonNullable<Database['upload']>,
  report: ImportReport,
): Promise<Upload> {
  const { size } = await stat(path)
  return upload(path, `${folder}/${basename(path)}`, (bytesDone) =>
    report.upload(userPathOf(path), bytesDone, size),
  )
}

/** The same for the same files: an upload that broke goes on, and no other's is overwritten. */
async function folderOf(group: readonly MeantFile[]): Promise<string> {
  const hash = createHash('sha256').update(hostname())
  for (const { path, isLocal } of group) {
    if (!isLocal) continue
    const { size, mtimeMs } = await stat(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\0`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** @param names what the user calls the database's files */
function shownBy(names: ReadonlyMap<string, string>): (text: string) => string {
  return (text) => {
    let shown = text
    for (const [path, local] of names) shown = shown.replaceAll(path, userPathOf(local))
    return shown
  }
}

/** A path as it is shortest from here; a URL as it is. */
export function userPathOf(path: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return path
  const fromHere = relative(process.cwd(), path)
  return fromHere.length < path.length ? fromHere : path
}
