import { MillraceError } from '../../errors.js'

/** What numpy calls the kinds that we read, with their widths in bytes: a U character has four. */
export type NpyCode =
  | 'b1'
  | 'i1'
  | 'i2'
  | 'i4'
  | 'i8'
  | 'u1'
  | 'u2'
  | 'u4'
  | 'u8'
  | 'f2'
  | 'f4'
  | 'f8'
  | 'U'
  | 'S'
  | NpyTimeCode

/** Times since 1970 as int64, by their unit. */
type NpyTimeCode = 'M8[s]' | 'M8[ms]' | 'M8[us]' | 'M8[ns]' | 'M8[m]' | 'M8[h]' | 'M8[D]'

export interface NpyDtype {
  /** As written: `<f4`. */
  readonly descr: string
  readonly code: NpyCode
  readonly itemBytes: number
  /** False where an item is made of single bytes. */
  readonly isBigEndian: boolean
}

/** The names that Milvus gives them in its errors. */
const typeNames: Readonly<Record<NpyCode, string>> = {
  b1: 'Bool',
  i1: 'Int8',
  i2: 'Int16',
  i4: 'Int32',
  i8: 'Int64',
  u1: 'UInt8',
  u2: 'UInt16',
  u4: 'UInt32',
  u8: 'UInt64',
  f2: 'Float16',
  f4: 'Float',
  f8: 'Double',
  U: 'VarChar',
  S: 'VarChar',
  'M8[s]': 'DateTime64',
  'M8[ms]': 'DateTime64',
  'M8[us]': 'DateTime64',
  'M8[ns]': 'DateTime64',
  'M8[m]': 'DateTime64',
  'M8[h]': 'DateTime64',
  'M8[D]': 'DateTime64',
}

export function npyTypeName(code: NpyCode): string {
  return typeNames[code]
}

/** The name that Milvus has for the data itself: `float32`. */
export function npyDataName(code: NpyCode): string {
  if (isText(code)) return 'varchar'
  if (code === 'b1') return 'bool'
  if (code.startsWith('M8')) return 'datetime64'
  const kind = { i: 'int', u: 'uint', f: 'float' }[code.charAt(0)]
  return `${kind}${Number(code.slice(1)) * 8}`
}

/**
 * The dtype that a header's `descr` names. `=` is the byte order of the machine, which is little endian
 * wherever we run.
 * @throws importFailed where it is none that we read: objects, structures, durations, complex numbers
 */
export function parseNpyDtype(descr: string): NpyDtype {
  const [, timeOrder, time] = /^([<>=]?)(M8\[[a-zA-Z]+\])$/.exec(descr) ?? []
  if (time !== undefined && isCode(time)) {
    return { descr, code: time, itemBytes: 8, isBigEndian: timeOrder === '>' }
  }
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z?])(\d{0,9})$/.exec(descr) ?? []
  if (isText(kind) && Number(digits) > 0) {
    const itemBytes = Number(digits) * (kind === 'U' ? 4 : 1)
    return { descr, code: kind, itemBytes, isBigEndian: order === '>' && kind === 'U' }
  }
  const code = `${kind}${digits}` === '?' ? 'b1' : `${kind}${digits}`
  if (!isText(code) && isCode(code)) {
    const itemBytes = Number(code.slice(1))
    return { descr, code, itemBytes, isBigEndian: order === '>' && itemBytes > 1 }
  }
  throw unsupportedDtype(`'${descr}'`)
}

/** @param text the dtype as the header has it, quotes and all */
export function unsupportedDtype(text: string): MillraceError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  const quoted = shown.startsWith("'") ? shown : `'${shown}'`
  const why = /^'\|?O\d*'$/.test(quoted)
    ? ', which is Python objects, as None among the values makes: leave None out, or write Parquet or JSON'
    : ''
  return new MillraceError('importFailed', `the numpy file dtype ${quoted} is not supported${why}`)
}

function isCode(code: string): code is NpyCode {
  return Object.hasOwn(typeNames, code)
}

function isText(code: string | undefined): code is 'U' | 'S' {
  return code === 'U' || code === 'S'
}
