import { Recent } from '../../util/recent.js'
import type { KeyValuePair } from '../../wire/generated/messages.js'

/**
 * What the parameters of a call mean, by a reader of them. They are read once: one call after the other has
 * the same.
 * @throws what `read` throws
 */
export function recentPairs<Asked>(
  read: (pairs: readonly KeyValuePair[]) => Asked,
): (pairs: readonly KeyValuePair[]) => Asked {
  const recent = new Recent<string, Asked>(256)
  let last: { readonly pairs: readonly KeyValuePair[]; readonly asked: Asked } | null = null
  return (pairs) => {
    if (last && areSame(pairs, last.pairs)) return last.asked
    const text = textOf(pairs)
    const asked = recent.get(text) ?? read(pairs)
    if (text.length > textCharactersMax) return asked
    recent.set(text, asked)
    last = { pairs, asked }
    return asked
  }
}

const textCharactersMax = 4096

function areSame(some: readonly KeyValuePair[], others: readonly KeyValuePair[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) {
    if (some[index].key !== others[index].key) return false
    if (some[index].value !== others[index].value) return false
  }
  return true
}

/** Lengths keep apart what separators would not. */
function textOf(pairs: readonly KeyValuePair[]): string {
  let text = ''
  for (const { key, value } of pairs) text += `${key.length}:${key}${value.length}:${value}`
  return text
}
