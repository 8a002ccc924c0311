import { MillraceError } from '../errors.js'
import { defaultReadOptions, type ReadOptions } from '../formats/format.js'
import { durationMsFrom } from './go-duration.js'

const modes = ['insert', 'upsert', 'skip_existing', 'delete'] as const
const errorWays = ['fail', 'skip'] as const
const dedupeWays = ['none', 'first', 'last'] as const
const truths = ['true', 'false'] as const

export type ImportMode = (typeof modes)[number]
export type Dedupe = (typeof dedupeWays)[number]

/** What a request's options mean. */
export interface ImportOptions {
  /** From the request on; null: as long as it takes. */
  readonly timeoutMs: number | null
  readonly read: ReadOptions
  readonly mode: ImportMode
  /** Whether bad rows are left out and written down, instead of failing the import. */
  readonly skipsErrors: boolean
  /** More bad rows than this fail an import that leaves them out. */
  readonly errorsMax: number
  /** Everything is read and checked, and nothing written. */
  readonly isDryRun: boolean
  /** Which of a job's rows with one key counts. */
  readonly dedupe: Dedupe
  readonly autoCommit: boolean
  /** The field that no file has, whose values are the numbers of the job's rows, from 0; null: none. */
  readonly rowNumberAs: string | null
}

/** An import of which more than this many rows are bad is likely the wrong file. */
const errorsMaxDefault = 1000

/**
 * Options that are not known change nothing.
 * @throws parameterInvalid naming the option, what was expected and what was got
 */
export function parseImportOptions(
  pairs: readonly (readonly [key: string, value: string])[],
): ImportOptions {
  const values = new Map(pairs)
  const mode = wordOf(values, 'mode', modes)
  return {
    timeoutMs: timeoutOf(values),
    read: readOptionsOf(values),
    mode,
    skipsErrors: wordOf(values, 'on_error', errorWays) === 'skip',
    errorsMax: errorsMaxOf(values),
    isDryRun: values.has('dry_run') && wordOf(values, 'dry_run', truths) === 'true',
    dedupe: dedupeOf(values, mode),
    autoCommit: wordOf(values, 'auto_commit', truths) === 'true',
    rowNumberAs: rowNumberAsOf(values, mode),
  }
}

type Values = ReadonlyMap<string, string>

/** The first word is what counts where the option is not there. */
function wordOf<Word extends string>(values: Values, key: string, words: readonly Word[]): Word {
  const value = values.get(key)
  if (value === undefined) return words[0]
  const word = words.find((each) => each === value.toLowerCase())
  if (word !== undefined) return word
  throw invalidOption(key, `one of ${words.join(', ')}`, value)
}

function timeoutOf(values: Values): number | null {
  const value = values.get('timeout')
  if (value === undefined) return null
  const timeoutMs = durationMsFrom(value)
  if (timeoutMs !== null && timeoutMs > 0) return timeoutMs
  throw invalidOption('timeout', 'a duration above zero such as 300s or 1.5h', value)
}

function readOptionsOf(values: Values): ReadOptions {
  const nullKey = values.get('nullkey') ?? defaultReadOptions.nullKey
  return { ...defaultReadOptions, sep: sepOf(values), nullKey }
}

/** Milvus: what Go's CSV reader can take for a separator. */
function sepOf(values: Values): string {
  const value = values.get('sep') ?? defaultReadOptions.sep
  if ([...value].length === 1 && !'\0\n\r"\ufffd'.includes(value)) return value
  throw invalidOption('sep', 'one character that is no quote, line end or NUL', value)
}

function errorsMaxOf(values: Values): number {
  const value = values.get('max_errors')
  if (value === undefined) return errorsMaxDefault
  if (/^\d{1,15}$/.test(value)) return Number(value)
  throw invalidOption('max_errors', 'a whole number, 0 or more', value)
}

/** In upsert mode a job's last row of a key wins; of rows that may not exist yet, its first. */
function dedupeOf(values: Values, mode: ImportMode): Dedupe {
  const given = values.has('dedupe') ? wordOf(values, 'dedupe', dedupeWays) : null
  if (mode === 'upsert') {
    if (given !== null && given !== 'last')
      throw invalidOption('dedupe', 'last with mode=upsert', given)
    return 'last'
  }
  if (mode === 'skip_existing') return given === 'last' ? 'last' : 'first'
  return given ?? 'none'
}

function rowNumberAsOf(values: Values, mode: ImportMode): string | null {
  const value = values.get('row_number_as')
  if (value === undefined) return null
  if (value === '') throw invalidOption('row_number_as', 'the name of a field', value)
  if (mode === 'delete')
    throw invalidOption('row_number_as', 'no such option with mode=delete', value)
  return value
}

function invalidOption(key: string, expected: string, got: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `import option ${key}: expected ${expected}, got ${JSON.stringify(got)}: invalid parameter`,
  )
}
