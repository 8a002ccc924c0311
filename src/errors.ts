/**
 * The one error class and the one table that ties our error kinds to Milvus's codes, to the legacy
 * `error_code` that SDKs before 2.3 read, and to HTTP.
 * Source of the codes: merr of Milvus; the legacy numbers are `common.ErrorCode`.
 */
export const errorKinds = {
  serviceUnavailable: { code: 2, legacy: 56, retriable: true, input: false },
  memoryExceeded: { code: 3, legacy: 52, retriable: true, input: false },
  quotaExceeded: { code: 9, legacy: 53, retriable: false, input: false },
  collectionNotFound: { code: 100, legacy: 4, retriable: false, input: true },
  collectionNotLoaded: { code: 101, legacy: 1, retriable: false, input: true },
  collectionNotFullyLoaded: { code: 103, legacy: 1, retriable: true, input: false },
  collectionLoaded: { code: 104, legacy: 1, retriable: false, input: true },
  schemaMismatch: { code: 109, legacy: 62, retriable: true, input: true },
  partitionNotFound: { code: 200, legacy: 15, retriable: false, input: true },
  partitionNotLoaded: { code: 201, legacy: 1, retriable: false, input: true },
  partitionNotFullyLoaded: { code: 202, legacy: 1, retriable: true, input: false },
  resourceGroupNotFound: { code: 300, legacy: 1, retriable: false, input: true },
  resourceGroupExists: { code: 301, legacy: 1, retriable: false, input: true },
  resourceGroupConfigInvalid: { code: 303, legacy: 1, retriable: false, input: true },
  resourceGroupNodesShort: { code: 304, legacy: 1, retriable: false, input: false },
  segmentNotFound: { code: 600, legacy: 47, retriable: false, input: true },
  indexNotFound: { code: 700, legacy: 25, retriable: false, input: true },
  indexNotSupported: { code: 701, legacy: 1, retriable: false, input: true },
  indexDuplicate: { code: 702, legacy: 1, retriable: false, input: true },
  databaseNotFound: { code: 800, legacy: 1, retriable: false, input: true },
  databaseNameInvalid: { code: 802, legacy: 1, retriable: false, input: true },
  keyNotFound: { code: 1000, legacy: 1, retriable: false, input: true },
  ioFailed: { code: 1001, legacy: 1, retriable: false, input: false },
  parameterInvalid: { code: 1100, legacy: 5, retriable: false, input: true },
  parameterMissing: { code: 1101, legacy: 5, retriable: false, input: true },
  notAuthenticated: { code: 1400, legacy: 1, retriable: false, input: true },
  notPermitted: { code: 1401, legacy: 1, retriable: false, input: true },
  privilegeGroupNameInvalid: { code: 1402, legacy: 1, retriable: false, input: true },
  aliasNotFound: { code: 1600, legacy: 1, retriable: false, input: true },
  aliasNameConflict: { code: 1601, legacy: 1, retriable: false, input: true },
  aliasExists: { code: 1602, legacy: 1, retriable: false, input: true },
  fieldNotFound: { code: 1700, legacy: 1, retriable: false, input: true },
  restNotAuthenticated: { code: 1800, legacy: 1, retriable: false, input: true },
  restNotJson: { code: 1801, legacy: 1, retriable: false, input: true },
  restParameterMissing: { code: 1802, legacy: 1, retriable: false, input: true },
  restDataInvalid: { code: 1804, legacy: 1, retriable: false, input: true },
  restKeyInvalid: { code: 1806, legacy: 1, retriable: false, input: true },
  importFailed: { code: 2100, legacy: 1, retriable: false, input: true },
  importSystemFailed: { code: 2101, legacy: 1, retriable: false, input: false },
  planInvalid: { code: 2200, legacy: 1, retriable: false, input: true },
  unsupported: { code: 3000, legacy: 1, retriable: false, input: true },
  cancelled: { code: 10000, legacy: 1, retriable: false, input: false },
  timeout: { code: 10001, legacy: 1, retriable: false, input: false },
  unexpected: { code: 65535, legacy: 1, retriable: false, input: false },
  // Milvus: some refusals have no code of their own.
  refused: { code: 65535, legacy: 1, retriable: false, input: false },
} as const

export type ErrorKind = keyof typeof errorKinds

/** Where in a user's data an error lies. Rows are 0-based. */
export interface ErrorPlace {
  readonly file?: string
  readonly row?: number
  readonly field?: string
  /** Of the file's text: where a row begins, or what breaks its grammar. */
  readonly byteOffset?: number
  /** Of the file's text, from 1 on. */
  readonly line?: number
}

export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly kind: ErrorKind
  readonly place: ErrorPlace

  constructor(kind: ErrorKind, message: string, place: ErrorPlace = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.place = place
  }

  /** Milvus's error code. */
  get code(): number {
    return errorKinds[this.kind].code
  }
}

/** Anything thrown, as a MillraceError: an unknown one becomes `unexpected` and keeps its cause. */
export function millraceErrorFrom(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new MillraceError('unexpected', message, {}, thrown)
}
