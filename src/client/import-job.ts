/** One group of a job's files: a row file, or a set of .npy files. */
export interface ImportJobFile {
  /** As the server names it: `[a.npy b.npy]`. */
  readonly fileName: string
  readonly fileSize: number
  /** Whole per cent of the whole import. */
  readonly progress: number
  readonly state: string
  readonly importedRows: number
  readonly totalRows: number
  readonly rejectedRows: number
  /** null where the server does not tell. */
  readonly bytesRead: number | null
}

/** An import job as REST v2 describes it. What only millrace tells is null where another server is asked. */
export interface ImportJob {
  readonly jobId: string
  readonly collectionName: string
  /** Pending, Importing, Uncommitted, Committing, Completed, Failed. */
  readonly state: string
  /** Whole per cent. */
  readonly progress: number
  /** '' where nothing is wrong. */
  readonly reason: string
  readonly createTime: string
  readonly completeTime: string
  readonly importedRows: number
  readonly totalRows: number
  readonly fileSize: number
  readonly files: readonly ImportJobFile[]
  readonly phase: string | null
  readonly bytesRead: number | null
  readonly rowsRead: number | null
  readonly bytesPerSecond: number | null
  readonly rowsPerSecond: number | null
  readonly remainingSeconds: number | null
  readonly failedFile: string | null
  /** From 0 on. */
  readonly failedRow: number | null
  /** From 1 on. */
  readonly failedLine: number | null
  readonly failedField: string | null
  /** Of a dry run. */
  readonly validRows: number | null
  readonly rejectedRows: number | null
  readonly deletedRows: number | null
  readonly skippedRows: number | null
  readonly warnings: readonly string[]
  /** A few of the rejected rows, as sentences. */
  readonly rejects: readonly string[]
  /** What ended the import, and the first hundred of the rejected rows. */
  readonly errors: readonly ImportJobError[]
}

/** What is wrong with a value, a row or a file; null where it is not known, or not there. */
interface ImportJobError {
  readonly file: string
  /** From 0 on. */
  readonly row: number | null
  /** Of a text, from 1 on. */
  readonly line: number | null
  readonly byteOffset: number | null
  readonly field: string
  readonly reason: string
  readonly expected: string | null
  readonly got: string | null
  /** The value, or the row that it is in. */
  readonly quote: string | null
}

/** Reads what a server answered; members that are missing or of another type are left out. */
export function importJobFrom(answer: unknown): ImportJob {
  const members = membersOf(answer)
  return {
    jobId: textOf(members.jobId),
    collectionName: textOf(members.collectionName),
    state: textOf(members.state),
    progress: numberOf(members.progress) ?? 0,
    reason: textOf(members.reason),
    createTime: textOf(members.createTime),
    completeTime: textOf(members.completeTime),
    importedRows: numberOf(members.importedRows) ?? 0,
    totalRows: numberOf(members.totalRows) ?? 0,
    fileSize: numberOf(members.fileSize) ?? 0,
    files: listOf(members.details).map(fileFrom),
    phase: textOf(members.phase) || null,
    bytesRead: numberOf(members.bytesRead),
    rowsRead: numberOf(members.rowsRead),
    bytesPerSecond: numberOf(members.bytesPerSecond),
    rowsPerSecond: numberOf(members.rowsPerSecond),
    remainingSeconds: numberOf(members.remainingSeconds),
    failedFile: textOf(members.failedFile) || null,
    failedRow: numberOf(members.failedRow),
    failedLine: numberOf(members.failedLine),
    failedField: textOf(members.failedField) || null,
    validRows: numberOf(members.validRows),
    rejectedRows: numberOf(members.rejectedRows),
    deletedRows: numberOf(members.deletedRows),
    skippedRows: numberOf(members.skippedRows),
    warnings: listOf(members.warnings).map(textOf),
    rejects: listOf(members.rejects).map(textOf),
    errors: listOf(members.errors).map(errorFrom),
  }
}

/** Whether nothing will change any more. */
export function hasEnded({ state }: ImportJob): boolean {
  return state === 'Completed' || state === 'Failed'
}

function fileFrom(answer: unknown): ImportJobFile {
  const members = membersOf(answer)
  return {
    fileName: textOf(members.fileName),
    fileSize: numberOf(members.fileSize) ?? 0,
    progress: numberOf(members.progress) ?? 0,
    state: textOf(members.state),
    importedRows: numberOf(members.importedRows) ?? 0,
    totalRows: numberOf(members.totalRows) ?? 0,
    rejectedRows: numberOf(members.rejectedRows) ?? 0,
    bytesRead: numberOf(members.bytesRead),
  }
}

function errorFrom(answer: unknown): ImportJobError {
  const members = membersOf(answer)
  return {
    file: textOf(members.file),
    row: numberOf(members.row),
    line: numberOf(members.line),
    byteOffset: numberOf(members.byteOffset),
    field: textOf(members.field),
    reason: textOf(members.reason),
    expected: textOf(members.expected) || null,
    got: textOf(members.got) || null,
    quote: textOf(members.quote) || null,
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
