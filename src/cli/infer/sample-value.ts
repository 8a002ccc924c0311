/** A value of a row that was looked at. */
export type SampleValue =
  | null
  | boolean
  | number
  | string
  | readonly SampleValue[]
  | { readonly [key: string]: SampleValue }

const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const int64Max = 2n ** 63n - 1n

/** JSON in which a number is whole only where its text is, and fits an int64: `1.0` is none. */
export function parseSample(text: string): SampleValue {
  return JSON.parse(
    text.replace(tokens, (token) => {
      if (token.startsWith('"')) return token
      return isInt64(token) ? token : '0.5'
    }),
  )
}

/** What a cell of a CSV file is read as, which has no types. */
export function valueOfCell(value: SampleValue, nullKey: string): SampleValue {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (value === nullKey) return null
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
    return isInt64(text) ? Number(text) : 0.5
  return jsonOfText(text) ?? value
}

/** A text that is a list or an object of JSON. */
export function jsonOfText(text: string): SampleValue {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    return parseSample(text)
  } catch {
    return null
  }
}

function isInt64(text: string): boolean {
  if (!/^[+-]?\d{1,19}$/.test(text)) return false
  const value = BigInt(text.replace('+', ''))
  return value <= int64Max && value >= -int64Max - 1n
}
