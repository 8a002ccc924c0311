import { posix } from 'node:path'
import { notImportable } from './file-checks.js'
import { Glob, hasWildcard } from './glob.js'
import { kindAt, listFiles, listKeys } from './list-files.js'
import { inNaturalOrder } from './natural-order.js'
import type { SourceContext } from './resolve-source.js'

/** How a file makes rows: by itself, or as one of a set, one a field. null: it cannot be imported. */
type RowsOf = (name: string) => 'file' | 'set' | null

/**
 * Groups of files in which patterns, directories and prefixes are replaced by what they mean now: a row
 * file is a group, and so are the files of a set that lie in one directory. Groups without such names stay
 * as they are.
 * @throws importFailed where a pattern means no file that can be imported
 */
export async function expandFiles(
  groups: readonly (readonly string[])[],
  context: SourceContext,
  rowsOf: RowsOf,
): Promise<string[][]> {
  const expanded: string[][] = []
  for (const group of groups) expanded.push(...(await expandGroup(group, context, rowsOf)))
  return expanded
}

async function expandGroup(
  group: readonly string[],
  context: SourceContext,
  rowsOf: RowsOf,
): Promise<string[][]> {
  const lists = await Promise.all(group.map((name) => namesMeant(name, context)))
  if (lists.every((list) => list === null)) return [[...group]]
  const names = lists.flatMap((list, index) =>
    list === null ? [group[index]] : importable(group[index], list, rowsOf),
  )
  // Of several names in one group, the user says that they belong together.
  return groupsOf([...new Set(names)], rowsOf, group.length === 1 ? posix.dirname : () => '')
}

/** The files that a name means, or null where it is a file's own name. */
async function namesMeant(name: string, context: SourceContext): Promise<string[] | null> {
  if (/^s3:\/\//i.test(name)) {
    if (name.endsWith('/')) return listKeys(name, Glob.below(name), context)
    return hasWildcard(name) ? listKeys(name, Glob.parse(name), context) : null
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name) || name === '' || name.includes('\0')) return null
  const path = process.platform === 'win32' ? name.replaceAll('\\', '/') : name
  const there = await kindAt(path, context)
  if (there === 'directory') return listFiles(name, Glob.below(path), context)
  return there === null && hasWildcard(path) ? listFiles(name, Glob.parse(path), context) : null
}

function importable(pattern: string, names: readonly string[], rowsOf: RowsOf): string[] {
  const found = names.filter((name) => rowsOf(name) !== null).sort(inNaturalOrder)
  if (found.length > 0) return found
  const others = names.length === 0 ? 'no file' : `${names.length} files of other types`
  throw notImportable(pattern, `expected it to mean files that can be imported, got ${others}`)
}

function groupsOf(
  names: readonly string[],
  rowsOf: RowsOf,
  setOf: (name: string) => string,
): string[][] {
  const groups: string[][] = []
  const sets = new Map<string, string[]>()
  for (const name of names) {
    const set = rowsOf(name) === 'set' ? sets.get(setOf(name)) : undefined
    if (set) {
      set.push(name)
      continue
    }
    const group = [name]
    groups.push(group)
    if (rowsOf(name) === 'set') sets.set(setOf(name), group)
  }
  return groups
}
