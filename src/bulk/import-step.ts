import type { Checkpoint, InputPart, ReadOptions } from '../formats/format.js'
import type { SourceAddress } from '../source/byte-source.js'
import type { BadRow } from './bad-row.js'
import type { ImportColumns } from './import-columns.js'
import type { ImportedSegment } from './import-target.js'

/** One step of an import as plain data, for a worker. */
export interface ImportStepInput {
  readonly columns: ImportColumns
  readonly schemaVersion: number
  readonly sources: readonly SourceAddress[]
  /** Of the sources, when the import was planned. */
  readonly fingerprints: readonly string[]
  readonly options: ReadOptions
  readonly unitIndex: number
  readonly part: InputPart
  /** The parts of the same files that lie before it. */
  readonly partsBefore: readonly InputPart[]
  /** Rows of the job that lie before the part; null where nobody counted them. */
  readonly rowsBefore: number | null
  readonly from: Checkpoint | null
  /** The auto id of the step's first row; as many as it may have rows are its own. */
  readonly autoIdBegin: bigint | null
  readonly rowsMax: number
  /** One; or those that the rows are spread over by their partition key. */
  readonly partitionIds: readonly bigint[]
  readonly segmentsPath: string
  readonly segmentIdBegin: bigint
  readonly segmentIdCount: number
  readonly keptBytesMax: number
  /** How many bad rows may be left out and written down; null: the first one is an error. */
  readonly rejectsMax: number | null
  readonly isDryRun: boolean
}

/** What a step made of the input, and how far it came. */
export interface ImportStep {
  readonly segments: readonly ImportedSegment[]
  readonly checkpoint: Checkpoint
  readonly bytesRead: number
  readonly rowCount: number
  readonly autoIdBegin: bigint | null
  readonly rejectedCount: number
  /** Lines of the rejects file. */
  readonly rejects: string
  readonly badRows: readonly BadRow[]
  /** What reading found; each a sentence. */
  readonly warnings: readonly string[]
  readonly isDone: boolean
}
