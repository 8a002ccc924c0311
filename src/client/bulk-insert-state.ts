import { ImportState } from '../wire/generated/messages.js'
import { MilvusException } from './milvus-exception.js'
import { reprOfDict, reprOfList } from './python-repr.js'

/** How far a bulk insert is: the attributes of pymilvus's BulkInsertState, in camelCase. */
export class BulkInsertState {
  static readonly ImportPending = 0
  static readonly ImportFailed = 1
  static readonly ImportStarted = 2
  static readonly ImportPersisted = 5
  static readonly ImportCompleted = 6
  static readonly ImportFailedAndCleaned = 7
  static readonly ImportUnknownState = 100

  readonly taskId: bigint
  /** One of the constants above. */
  readonly state: number
  /** Rows read so far; when Completed, rows imported. */
  readonly rowCount: number
  /** What else the server tells, in its order. */
  readonly infos: Readonly<Record<string, string>>
  /** Auto ids as half-open ranges: [begin, end, begin, end, …]. */
  readonly idRanges: readonly bigint[]
  /** Seconds since 1970. */
  readonly createTimestamp: number

  constructor(fields: {
    readonly taskId: bigint
    readonly state: number
    readonly rowCount: number
    readonly infos: Readonly<Record<string, string>>
    readonly idRanges: readonly bigint[]
    readonly createTimestamp: number
  }) {
    this.taskId = fields.taskId
    this.state = fields.state in stateNames ? fields.state : BulkInsertState.ImportUnknownState
    this.rowCount = fields.rowCount
    this.infos = fields.infos
    this.idRanges = fields.idRanges
    this.createTimestamp = fields.createTimestamp
  }

  get stateName(): string {
    return stateNames[this.state] ?? 'unknown state'
  }

  /** Whole per cent. */
  get progress(): number {
    return Number(this.infos.progress_percent ?? 0)
  }

  /**
   * The auto ids, one by one: a million rows make a million bigints with every call.
   * @throws MilvusException when the ranges are not pairs
   */
  get ids(): bigint[] {
    const { idRanges } = this
    if (idRanges.length % 2 !== 0) {
      const message = `id ranges must come in pairs, got ${idRanges.length} numbers`
      throw new MilvusException(1, message)
    }
    const ids: bigint[] = []
    for (let index = 0; index < idRanges.length; index += 2) {
      for (let id = idRanges[index]!; id < idRanges[index + 1]!; id++) ids.push(id)
    }
    return ids
  }

  /** The file names, joined with commas. */
  get files(): string {
    return this.infos.files ?? ''
  }

  get collectionName(): string {
    return this.infos.collection ?? ''
  }

  get partitionName(): string {
    return this.infos.partition ?? ''
  }

  get failedReason(): string {
    return this.infos.failed_reason ?? ''
  }

  /** The creation in local time: `2024-01-06 22:24:07`. */
  get createTimeStr(): string {
    const time = new Date(this.createTimestamp * 1000)
    const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-')
    return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')}`
  }

  /** The text that pymilvus prints. */
  toString(): string {
    return `<Bulk insert state:
    - taskID          : ${this.taskId},
    - state           : ${this.stateName},
    - row_count       : ${this.rowCount},
    - infos           : ${reprOfDict(this.infos)},
    - id_ranges       : ${reprOfList(this.idRanges)},
    - create_ts       : ${this.createTimeStr}
>`
  }
}

const stateNames: Readonly<Record<number, string>> = {
  [ImportState.ImportPending]: 'Pending',
  [ImportState.ImportFailed]: 'Failed',
  [ImportState.ImportStarted]: 'Started',
  [ImportState.ImportPersisted]: 'Persisted',
  [ImportState.ImportCompleted]: 'Completed',
  [ImportState.ImportFailedAndCleaned]: 'Failed and cleaned',
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
