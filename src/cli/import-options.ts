import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseImportOptions, type ImportOptions as WireOptions } from '../bulk/import-options.js'
import { type S3Access, type S3Options, userS3AccessFrom } from '../config.js'
import type { ReadOptions } from '../formats/format.js'
import { isMetric } from '../schema/metric.js'
import { type ServerPlace, type ServerWords, serverPlaceFrom } from './server-place.js'
import { flagText, usage } from './usage.js'

/** The command line's words for `millrace import`. */
export interface ImportWords extends ServerWords, S3Options {
  readonly collection: string
  readonly create?: boolean
  readonly pk?: string
  readonly autoId?: boolean
  readonly metric?: string
  readonly partition?: string
  readonly data?: string
  readonly mode?: string
  readonly onError?: string
  readonly maxErrors?: string
  readonly rejects?: string
  readonly dryRun?: boolean
  readonly sep?: string
  readonly nullkey?: string
  readonly timeout?: string
  readonly rowNumberAs?: string
  readonly detach?: boolean
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
  /** A key that no file has: the rows' numbers. */
  readonly rowNumberAs: string | null
}

/** A data directory, and which of its databases. */
export interface LocalPlace {
  readonly data: string
  readonly dbName?: string
}

export interface ImportOptions {
  readonly collectionName: string
  readonly partitionName: string
  /** null: the collection has to be there. */
  readonly create: CreateOptions | null
  readonly place: ServerPlace | LocalPlace
  /** How this command itself reads S3; null: it has no keys. */
  readonly s3: S3Access | null
  /** As the wire has them. */
  readonly options: Readonly<Record<string, string>>
  readonly isDryRun: boolean
  /** Whether the command ends once the import runs. */
  readonly isDetached: boolean
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
  const { options, parsed } = wireOptionsFrom(words)
  return {
    collectionName: collection,
    partitionName: words.partition ?? '',
    create: words.create ? createOptionsFrom(words, parsed) : null,
    place: data === undefined ? serverPlaceFrom(words, process.env) : localPlaceFrom(data, words),
    s3: userS3AccessFrom(words, process.env),
    options,
    isDryRun: words.dryRun ?? false,
    isDetached: words.detach ?? false,
    rejectsFile: rejectsFileFrom(words),
    isJson: words.json ?? false,
  }
}

/** What is of a server alone is no word for a directory. */
function localPlaceFrom(data: string, words: ImportWords): LocalPlace {
  const { user, password, token, detach, db } = words
  const given = { '--user': user, '--password': password, '--token': token, '--detach': detach }
  for (const [option, value] of Object.entries(given)) {
    if (value !== undefined) throw usage(`${option}: expected a server, got --data`)
  }
  return { data, ...(db ? { dbName: db } : {}) }
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
  { read, rowNumberAs }: Pick<WireOptions, 'read' | 'rowNumberAs'>,
): CreateOptions {
  if (rowNumberAs !== null && autoId) {
    throw usage('--row-number-as and --auto-id: expected one of them, got both')
  }
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
    rowNumberAs,
  }
}

/** The server's names of the options, found to be right before anything is opened. */
function wireOptionsFrom(words: ImportWords): {
  options: Record<string, string>
  parsed: WireOptions
} {
  const given = {
    mode: words.mode,
    on_error: words.onError,
    max_errors: words.maxErrors,
    dry_run: words.dryRun ? 'true' : undefined,
    sep: words.sep === '\\t' ? '\t' : words.sep,
    nullkey: words.nullkey,
    timeout: words.timeout,
    row_number_as: words.rowNumberAs,
  }
  const options = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  try {
    return { options, parsed: parseImportOptions(Object.entries(options)) }
  } catch (error) {
    throw usage(flagText((error as Error).message))
  }
}
