import { ask } from './ask.js'
import type { Database, PlannedCollection } from './database.js'
import type { MeantFile } from './files-meant.js'
import type { ImportOptions } from './import-options.js'
import { usage } from './import-options.js'
import type { ImportReport } from './import-report.js'
import { userPathOf } from './stage-files.js'

interface PlannedFrom extends PlannedCollection {
  /** The files that were looked at. */
  readonly from: string
}

/**
 * --create: the collection that the files would go into; null without the option.
 * @throws parameterInvalid where it cannot be inferred, or nobody can be asked
 */
export async function planFrom(
  groups: readonly (readonly MeantFile[])[],
  { collectionName, create }: ImportOptions,
  { isInteractive }: ImportReport,
): Promise<PlannedFrom | null> {
  if (create === null) return null
  if (!create.isAgreed && !(isInteractive && process.stdin.isTTY)) {
    throw usage('--create: expected --yes, since there is no terminal to ask in')
  }
  const files = firstHere(groups)
  const { planCollection } = await import('./infer/plan-collection.js')
  const planned = await planCollection(collectionName, files, create)
  return { ...planned, from: files.map(userPathOf).join(', ') }
}

/**
 * Shows a planned collection, asks, and makes it.
 * @returns false where the user does not want it
 * @throws parameterInvalid where there is one of the name
 */
export async function createCollection(
  database: Database,
  planned: PlannedFrom,
  { create }: ImportOptions,
  report: ImportReport,
): Promise<boolean> {
  const { name, from } = planned
  if (await database.hasCollection(name)) {
    throw usage(`--create: the collection ${name} is there already: leave --create out`)
  }
  report.schema(planned, from)
  if (!create?.isAgreed && !(await isWanted(name))) return false
  await database.createCollection(planned)
  return true
}

/** The first group whose files are all of this machine. */
function firstHere(groups: readonly (readonly MeantFile[])[]): string[] {
  const group = groups.find((files) => files.every(({ isLocal }) => isLocal))
  if (group) return group.map(({ path }) => path)
  const names = groups.flat().map(({ path }) => path)
  throw usage(
    `--create: expected files of this machine to infer the schema from, got ${names.join(', ')}`,
  )
}

async function isWanted(name: string): Promise<boolean> {
  const answer = await ask(`make the collection ${name} and import? [y/N] `)
  return answer === 'y' || answer === 'yes'
}
