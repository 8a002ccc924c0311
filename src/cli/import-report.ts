import type { ImportJob } from '../client/import-job.js'
import type { PlannedCollection } from './database.js'

/**
 * How an import ended, as far as this command followed it: the user let go of it where it is detached, and
 * wanted no more than that it runs where it is running.
 */
export interface ImportOutcome {
  readonly state: 'done' | 'failed' | 'cancelled' | 'detached' | 'running'
  /** As it was last seen. */
  readonly job: ImportJob
  readonly seconds: number
  /** Where the rows that were left out were written to; null: none were. */
  readonly rejectsFile: string | null
  /** What to do about it. */
  readonly hint: string | null
}

/** Tells a user, or a program, how an import goes on. */
export interface ImportReport {
  /** Whether somebody is there to be asked. */
  readonly isInteractive: boolean
  /** What --create is about to make. @param from the files that were looked at */
  schema(collection: PlannedCollection, from: string): void
  upload(file: string, bytesDone: number, bytesTotal: number): void
  started(jobId: string, database: string): void
  progress(job: ImportJob): void
  note(text: string): void
  /** While a question stands on the screen, nothing else is drawn. */
  pause(): void
  resume(): void
  ended(outcome: ImportOutcome): void
}
