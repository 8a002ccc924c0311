import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseImportOptions } from '../bulk/import-options.js'
import { MillraceError } from '../errors.js'
import type { ReadOptions } from '../formats/format.js'
import { isMetric } from '../schema/metric.js'
import { serverAddressFrom } from './server-address.js'

/** The command line's words for `millrace import`. */
export interface ImportWords {
  readonly collection: string
  readonly create?: boolean
  readonly pk?: string
  readonly autoId?: boolean
  readonly metric?: string
  readonly partition?: string
  readonly address: string
  readonly data?: string
  readonly mode?: string
  readonly onError?: string
  readonly maxErrors?: string
  readonly rejects?: string
  readonly dryRun?: boolean
  readonly sep?: string
  readonly nullkey?: string
  readonly timeout?: string
  readonly yes?: boolean
  readonly json?: boolean
}

/** How --create makes a collection. */
export interface CreateOptions {
  readonly pk: string | null
  readonly autoId: boolean
  readonly metric: string | null
  /** Whether it is made without a question. */
  readonly isAgreed: boolean
  /** As the import will read the files. */
  readonly read: ReadOptions
}

export interface ImportOptions {
  readonly collectionName: string
  readonly partitionName: string
  /** null: the collection has to be there. */
  readonly create: CreateOptions | null
  readonly place: { readonly address: string } | { readonly data: string }
  /** As the wire has them. */
  readonly options: Readonly<Record<string, string>>
  readonly isDryRun: boolean
  readonly rejectsFile: string
  readonly isJson: boolean
}

/**
 * Checks what can be told without a database.
 * @param isAddressGiven whether the address was the user's word, not the default
 * @throws parameterInvalid naming the option
 */
export function importOptionsFrom(words: ImportWords, isAddressGiven: boolean): ImportOptions {
  const { collection, data } = words
  if (data !== undefined && isAddressGiven) {
    throw usage('--address and --data: expected one of them, got both')
  }
  refuseWithoutCreate(words)
  refuseWithoutSkip(words)
  const { options, read } = wireOptionsFrom(words)
  return {
    collectionName: collection,
    partitionName: words.partition ?? '',
    create: words.create ? createOptionsFrom(words, read) : null,
    place: data === undefined ? { address: serverAddressFrom(words.address) } : { data },
    options,
    isDryRun: words.dryRun ?? false,
    rejectsFile: rejectsFileFrom(words),
    isJson: words.json ?? false,
  }
}

function refuseWithoutCreate({ create, pk, autoId, metric }: ImportWords): void {
  if (create) return
  const [option] = Object.entries({ '--pk': pk, '--auto-id': autoId, '--metric': metric }).flatMap(
    ([name, value]) => (value === undefined ? [] : [name]),
  )
  if (option) throw usage(`${option}: expected --create beside it, which makes the collection`)
}

function refuseWithoutSkip({ onError, dryRun, maxErrors, rejects }: ImportWords): void {
  if (onError === 'skip' || dryRun) return
  if (rejects !== undefined) {
    throw usage('--rejects: expected --on-error skip or --dry-run beside it')
  }
  if (maxErrors !== undefined) throw usage('--max-errors: expected --on-error skip beside it')
}

/** Found out now rather than after an hour. */
function rejectsFileFrom({ rejects, collection }: ImportWords): string {
  const file = rejects ?? `${collection}-rejects.jsonl`
  if (existsSync(dirname(resolve(file)))) return file
  throw usage(`--rejects: expected a file in a directory that is there, got "${file}"`)
}

function createOptionsFrom(
  { pk, autoId, metric, yes, partition }: ImportWords,
  read: ReadOptions,
): CreateOptions {
  if (partition !== undefined) {
    throw usage('--partition: expected a collection that is there, got --create')
  }
  if (metric !== undefined && !isMetric(metric.toUpperCase())) {
    throw usage(`--metric: expected one of L2, IP, COSINE, HAMMING, JACCARD, got "${metric}"`)
  }
  return {
    pk: pk ?? null,
    autoId: autoId ?? false,
    metric: metric?.toUpperCase() ?? null,
    isAgreed: yes ?? false,
    read,
  }
}

/** The server's names of the options, found to be right before anything is opened. */
function wireOptionsFrom(words: ImportWords): {
  options: Record<string, string>
  read: ReadOptions
} {
  const given = {
    mode: words.mode,
    on_error: words.onError,
    max_errors: words.maxErrors,
    dry_run: words.dryRun ? 'true' : undefined,
    sep: words.sep === '\\t' ? '\t' : words.sep,
    nullkey: words.nullkey,
    timeout: words.timeout,
  }
  const options = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  try {
    return { options, read: parseImportOptions(Object.entries(options)).read }
  } catch (error) {
    throw usage(flagText((error as Error).message))
  }
}

/** `import option max_errors: …` in the words of the command line. */
function flagText(message: string): string {
  return message
    .replace(/^import option (\w+)/, (_match, key: string) => `--${key.replaceAll('_', '-')}`)
    .replace(/: invalid parameter$/, '')
}

export function usage(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}
