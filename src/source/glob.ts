const anyFolders = '**'

/** A pattern of names: `*`, `?` and `[a-c]` inside a name, `**` for any number of folders. */
export class Glob {
  /** What stands before the first part that has a wildcard. */
  readonly base: string
  readonly #segments: readonly string[]

  private constructor(base: string, segments: readonly string[]) {
    this.base = base
    this.#segments = segments
  }

  static parse(pattern: string): Glob {
    const parts = pattern.split('/')
    const first = parts.findIndex(hasWildcard)
    const base = parts.slice(0, first).map((part) => `${part}/`)
    return new Glob(base.join(''), parts.slice(first))
  }

  /** Every file below a directory, or with a prefix that ends with `/`. */
  static below(directory: string): Glob {
    return new Glob(directory.endsWith('/') ? directory : `${directory}/`, [anyFolders])
  }

  /** Whether it means the file of this path below the base. Names that begin with a dot have to be named. */
  matches(path: string): boolean {
    return matchesWithStars(path.split('/'), this.#segments, {
      isStar: (segment) => segment === anyFolders,
      mayBeSkipped: (name) => !isHidden(name),
      matches: matchesName,
    })
  }

  /** Whether files in this folder below the base may be meant. */
  mayMatchBelow(path: string): boolean {
    const names = path.split('/')
    for (const [depth, name] of names.entries()) {
      const segment = this.#segments[depth]
      if (segment === anyFolders) return !names.slice(depth).some(isHidden)
      if (segment === undefined || !matchesName(name, segment)) return false
    }
    return names.length < this.#segments.length
  }
}

/** Only then it can be parsed. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text)
}

function isHidden(name: string): boolean {
  return name.startsWith('.')
}

function matchesName(name: string, segment: string): boolean {
  if (isHidden(name) && !isHidden(segment)) return false
  const tokens = segment.match(/\*+|\[\^?\]?[^\]]*\]|./gsu) ?? []
  return matchesWithStars([...name], tokens, {
    isStar: (token) => token.startsWith('*'),
    mayBeSkipped: () => true,
    matches: matchesCharacter,
  })
}

function matchesCharacter(character: string, token: string): boolean {
  if (token === '?') return true
  if (token.length < 3 || !token.startsWith('[')) return character === token
  const isNegated = token[1] === '^'
  const set = token.slice(isNegated ? 2 : 1, -1)
  return isInSet(character, [...set]) !== isNegated
}

function isInSet(character: string, set: readonly string[]): boolean {
  for (let at = 0; at < set.length; at++) {
    if (set[at + 1] === '-' && at + 2 < set.length) {
      if (character >= set[at] && character <= set[at + 2]) return true
      at += 2
    } else if (character === set[at]) {
      return true
    }
  }
  return false
}

interface Wildcards {
  readonly isStar: (token: string) => boolean
  /** Whether a star may stand for the item. */
  readonly mayBeSkipped: (item: string) => boolean
  readonly matches: (item: string, token: string) => boolean
}

/**
 * Whether items follow a pattern in which a star stands for any number of them. Only the last star met is
 * tried again, which is enough, and never takes more than items times tokens steps.
 */
function matchesWithStars(
  items: readonly string[],
  tokens: readonly string[],
  { isStar, mayBeSkipped, matches }: Wildcards,
): boolean {
  let item = 0
  let token = 0
  let starToken = -1
  let starItem = 0
  while (item < items.length) {
    if (token < tokens.length && isStar(tokens[token])) {
      starToken = token++
      starItem = item
    } else if (token < tokens.length && matches(items[item], tokens[token])) {
      item++
      token++
    } else if (starToken >= 0 && mayBeSkipped(items[starItem])) {
      token = starToken + 1
      item = ++starItem
    } else {
      return false
    }
  }
  while (token < tokens.length && isStar(tokens[token])) token++
  return token === tokens.length
}
