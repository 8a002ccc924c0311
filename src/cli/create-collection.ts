import { ask } from './ask.js'
import type { Database, PlannedCollection } from './database.js'
import { dropOnCtrlC, type MadeCollection } from './drop-on-ctrl-c.js'
import type { MeantFile } from './files-meant.js'
import type { ImportOptions } from './import-options.js'
import type { ImportReport } from './import-report.js'
import { userPathOf } from './stage-files.js'
import { usage } from './usage.js'

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
  { collectionName, create, s3 }: ImportOptions,
  { isInteractive }: ImportReport,
): Promise<PlannedFrom | null> {
  if (create === null) return null
  if (!create.isAgreed && !(isInteractive && process.stdin.isTTY)) {
    throw usage('--create: expected --yes, since there is no terminal to ask in')
  }
  const files = firstReadable(groups)
  const { planCollection } = await import('./infer/plan-collection.js')
  const { withSample } = await import('./infer/sample-files.js')
  return withSample(files, s3, async (sources) => {
    const planned = await planCollection(collectionName, sources, create)
    return { ...planned, from: sources.map(({ name }) => userPathOf(name)).join(', ') }
  })
}

/**
 * Shows a planned collection, asks, and makes it.
 * @returns null where the user does not want it
 * @throws parameterInvalid where there is one of the name
 */
export async function createCollection(
  database: Database,
  planned: PlannedFrom,
  { create }: ImportOptions,
  report: ImportReport,
): Promise<MadeCollection | null> {
  const { name, from } = planned
  if (await database.hasCollection(name)) {
    throw usage(`--create: the collection ${name} is there already: leave --create out`)
  }
  report.schema(planned, from)
  if (!create?.isAgreed && !(await isWanted(name))) return null
  const made = dropOnCtrlC(database, name)
  await database.createCollection(planned)
  return made
}

/** The first group whose files this command can read: of this machine, of S3 or of the web. */
function firstReadable(groups: readonly (readonly MeantFile[])[]): string[] {
  const canRead = ({ path, isLocal }: MeantFile) => isLocal || /^(s3|https?):\/\//i.test(path)
  const group = groups.find((files) => files.every(canRead))
  if (group) return group.map(({ path }) => path)
  const names = groups.flat().map(({ path }) => path)
  throw usage(
    `--create: expected files of this machine, of S3 or of the web to infer the schema from, got ${names.join(', ')}`,
  )
}

async function isWanted(name: string): Promise<boolean> {
  const answer = await ask(`make the collection ${name} and import? [y/N] `)
  return answer === 'y' || answer === 'yes'
}
