import type { Compat, S3Access } from '../../config.js'

/** Things that nobody waits for went wrong or were put right; each a sentence. */
export interface EngineLog {
  info(message: string, detail?: Record<string, unknown>): void
  error(message: string, detail?: Record<string, unknown>): void
}

export interface EmbeddedEngineOptions {
  readonly dataPath: string
  /** Files are imported from inside these directories only; the first is where relative paths begin. */
  readonly importRoots: readonly string[]
  /** Where the server keeps what is uploaded: importable too, by paths that begin with `uploads/`. */
  readonly uploadRoot?: string
  /** Left out: no import reads from S3. */
  readonly s3?: S3Access | null
  /** Hosts that imports may read from by http and https; left out: none. */
  readonly httpHosts?: readonly string[]
  /** Whose rules hold for imports where versions of Milvus differ; left out: the newest one's. */
  readonly compat?: Compat
  readonly log: EngineLog
  readonly nowMs?: () => number
  /** From Failed to FailedAndCleaned of an import; the default is Milvus 2.3's five minutes. */
  readonly cleanedAfterMs?: number
  /** From an import's end until it is forgotten; the default is a day. */
  readonly importRetentionMs?: number
}
