/** Texts as Python's `repr` writes them, which is what pymilvus prints. */

/** A dict of texts, in the order of its keys. */
export function reprOfDict(dict: Readonly<Record<string, string>>): string {
  const items = Object.entries(dict).map(
    ([key, value]) => `${reprOfText(key)}: ${reprOfText(value)}`,
  )
  return `{${items.join(', ')}}`
}

export function reprOfList(numbers: readonly bigint[]): string {
  return `[${numbers.join(', ')}]`
}

function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\\p{C}\p{Zl}\p{Zp}\p{Zs}'"]/gu, (character) =>
    escapeOf(character, quote),
  )
  return quote + escaped + quote
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  ' ': ' ',
}

function escapeOf(character: string, quote: string): string {
  if (character === "'" || character === '"') return character === quote ? `\\${quote}` : character
  const short = shortEscapes[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0)!
  const digits = code.toString(16)
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
