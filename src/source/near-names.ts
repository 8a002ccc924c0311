import { opendirSync } from 'node:fs'

const namesMax = 3
/** A directory of millions must not hold up an error message. */
const entriesMax = 10_000

/** Up to three names in a directory that `name` may be a misspelling of, the likeliest first. */
export function namesNear(name: string, directory: string): string[] {
  const distanceMax = Math.max(2, Math.floor(name.length / 3))
  return byDistance(name, entriesOf(directory))
    .filter(({ distance }) => distance <= distanceMax)
    .slice(0, namesMax)
    .map(({ entry }) => entry)
}

/** All of the names, the likest first. */
export function nearestNames(name: string, entries: readonly string[]): string[] {
  return byDistance(name, entries).map(({ entry }) => entry)
}

function byDistance(name: string, entries: readonly string[]) {
  const wanted = name.toLowerCase()
  return entries
    .map((entry) => ({ entry, distance: editDistance(wanted, entry.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.entry < b.entry ? -1 : 1))
}

function entriesOf(directory: string): string[] {
  const entries: string[] = []
  try {
    const opened = opendirSync(directory)
    try {
      for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
        if (entries.push(entry.name) === entriesMax) break
      }
    } finally {
      opened.closeSync()
    }
  } catch {
    // A directory that cannot be listed has no names to tell.
  }
  return entries
}

/** Levenshtein's. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let fromIndex = 0; fromIndex < from.length; fromIndex++) {
    const current = [fromIndex + 1]
    for (let toIndex = 0; toIndex < to.length; toIndex++) {
      const replaced = previous[toIndex] + (from[fromIndex] === to[toIndex] ? 0 : 1)
      current.push(Math.min(replaced, previous[toIndex + 1] + 1, current[toIndex] + 1))
    }
    previous = current
  }
  return previous[to.length]
}
