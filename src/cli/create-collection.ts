import { ask } from './ask.js'
import type { Database, PlannedCollection } from './database.js'
import type { MeantFile } from './files-meant.js'
import type { CreateOptions, ImportOptions } from './import-options.js'
import { usage } from './import-options.js'
import type { ImportReport } from './import-report.js'
import { planCollection } from './infer/plan-collection.js'
import { userPathOf } from './stage-files.js'

/**
 * --create: shows the schema that the files have, asks, and makes the collection.
 * @returns false where the user does not want it
 * @throws parameterInvalid where it cannot be inferred, or nobody can be asked
 */
export async function createCollection(
  database: Database,
  groups: readonly (readonly MeantFile[])[],
  { collectionName, create }: ImportOptions,
  report: ImportReport,
): Promise<boolean> {
  const options = create!
  if (await database.hasCollection(collectionName)) {
    throw usage(`--create: the collection ${collectionName} is there already: leave --create out`)
  }
  const files = firstHere(groups)
  const planned = await planCollection(collectionName, files, options)
  report.schema(planned, files.map(userPathOf).join(', '))
  if (!(await isAgreed(planned, options, report))) return false
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

async function isAgreed(
  { name }: PlannedCollection,
  { isAgreed }: CreateOptions,
  { isInteractive }: ImportReport,
): Promise<boolean> {
  if (isAgreed) return true
  if (!isInteractive || !process.stdin.isTTY) {
    throw usage('--create: expected --yes, since there is no terminal to ask in')
  }
  const answer = await ask(`make the collection ${name} and import? [y/N] `)
  return answer === 'y' || answer === 'yes'
}
