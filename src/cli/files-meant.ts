import { existsSync, statSync } from 'node:fs'
import { basename, dirname, parse, resolve } from 'node:path'
import { formatOf } from '../formats/registry.js'
import { expandFiles } from '../source/expand-files.js'

/** A file of an import: one of this machine by its absolute path, or what only the database knows. */
export interface MeantFile {
  readonly path: string
  readonly isLocal: boolean
}

/**
 * The groups of files that a command line means: patterns and directories of this machine are replaced by
 * what they mean now; what is not here is the database's to find. Row files are a group each. The .npy
 * files are one set; where two have the same name, each directory's are a set.
 * @throws importFailed where a directory or a pattern of this machine has nothing to import
 */
export async function filesMeant(words: readonly string[]): Promise<MeantFile[][]> {
  const files: MeantFile[] = []
  for (const word of words) files.push(...(await expand(word)))
  return groupsOf(files)
}

async function expand(word: string): Promise<MeantFile[]> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(word)) return [{ path: word, isLocal: false }]
  const path = resolve(word)
  if (existsSync(path) && !statSync(path).isDirectory()) return [{ path, isLocal: true }]
  const context = { roots: [parse(path).root], forbidden: [] }
  const [expanded] = await expandFiles([[path]], context, rowsOf).then((groups) => [groups.flat()])
  const isMeant = expanded.length !== 1 || expanded[0] !== path
  if (isMeant) return expanded.map((each) => ({ path: each, isLocal: true }))
  return [{ path: word, isLocal: false }]
}

/** Whether a file makes rows by itself, or as one of a set; null: it cannot be imported. */
export function rowsOf(name: string): 'file' | 'set' | null {
  const format = formatOf(name)
  if (!format) return null
  return format.isRowFile ? 'file' : 'set'
}

function groupsOf(files: readonly MeantFile[]): MeantFile[][] {
  const inSets = files.filter(({ path }) => rowsOf(path) === 'set')
  const names = new Set(inSets.map(({ path }) => basename(path)))
  const setOf = names.size < inSets.length ? dirname : () => ''
  const groups: MeantFile[][] = []
  const sets = new Map<string, MeantFile[]>()
  for (const file of files) {
    const key = rowsOf(file.path) === 'set' ? setOf(file.path) : null
    const set = key === null ? undefined : sets.get(key)
    if (set) {
      set.push(file)
      continue
    }
    const group = [file]
    groups.push(group)
    if (key !== null) sets.set(key, group)
  }
  return groups
}
