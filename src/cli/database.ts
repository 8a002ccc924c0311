import type { ImportJob } from '../client/import-job.js'
import type { NewImportJob } from '../client/import-jobs.js'
import type { NewField } from '../client/new-field.js'

export interface PlannedCollection {
  readonly name: string
  readonly fields: readonly NewField[]
  /** The metric of each vector field, by the field's name. */
  readonly metrics: ReadonlyMap<string, string>
}

/** What takes a file in: the path that imports know it by, and how to be rid of it afterwards. */
export interface Upload {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Where collections live and imports run: a server over its wire, or a data directory in this process.
 * A refusal is a MilvusException or a MillraceError.
 */
export interface Database {
  /** For messages: an address or a directory. */
  readonly name: string
  /** Whether files of this machine are the database's own: it opens them itself. */
  readonly seesLocalFiles: boolean
  /** null: it takes none. */
  readonly upload:
    | ((file: string, path: string, onBytes: (bytesDone: number) => void) => Promise<Upload>)
    | null

  hasCollection(name: string): Promise<boolean>
  /** Makes it with an index on every vector field, and loads it: what is imported is searchable. */
  createCollection(collection: PlannedCollection): Promise<void>
  dropCollection(name: string): Promise<void>

  createImport(job: NewImportJob): Promise<string>
  describeImport(jobId: string): Promise<ImportJob>
  cancelImport(jobId: string): Promise<void>
  deleteImport(jobId: string): Promise<void>
  importRejects(jobId: string): AsyncIterable<Uint8Array>

  close(): Promise<void>
}
