import type { AccessCatalog } from '../../engines/access.js'
import type { DatabaseDescription } from '../../engines/catalog.js'
import type { CollectionDescription, Engine, ImportProgress } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { anyName, publicRole } from '../../schema/privileges.js'
import type { CallPrivilege } from '../../wire/methods.js'

/** Who calls: null where users are not told apart, and everybody may everything. */
export type UserName = string | null

/** What a caller is about to do, and to what. */
export interface Intent {
  readonly privilege: CallPrivilege | null
  /** Of what the privilege is about; all of them must be permitted. */
  readonly objectNames: readonly string[]
  readonly dbNames: readonly string[]
}

/** The error, with Milvus's text, with which a caller is refused, or null. */
export function deniedOf(
  engine: Engine,
  userName: UserName,
  { privilege, objectNames, dbNames }: Intent,
): MillraceError | null {
  if (userName === null || privilege === null) return null
  const { name, objectType } = privilege
  // Milvus: everybody may change the own password and see the own roles.
  if (objectType === 'User' && objectNames.every((each) => each === userName)) return null
  const isPermitted = (dbName: string): boolean =>
    objectNames.length > 0 &&
    objectNames.every((each) => {
      const objectName = objectType === 'Collection' ? ownNameOf(engine, dbName, each) : each
      return engine.access.permits(userName, { dbName, privilege: name, objectType, objectName })
    })
  const dbName = dbNames.find((each) => !isPermitted(each))
  return dbName === undefined ? null : notPermitted(name, userName, dbName)
}

/** Whoever may name a collection anew must not come into it by that. */
function ownNameOf(engine: Engine, dbName: string, name: string): string {
  try {
    return engine.describeCollection(dbName, name).schema.name
  } catch {
    return name // What is not there is told by the call itself.
  }
}

/** Milvus: what the own roles may can be seen by whoever has them. */
export function isOwnRole(access: AccessCatalog, userName: string, roleName: string): boolean {
  return roleName === publicRole || (access.users.find(userName)?.roles.includes(roleName) ?? false)
}

/** Milvus: a list has what the caller was granted anything of. */
export function seenCollections(
  { engine, userName }: { readonly engine: Engine; readonly userName: UserName },
  collections: readonly CollectionDescription[],
): readonly CollectionDescription[] {
  if (userName === null) return collections
  return collections.filter(({ dbName, schema }) =>
    engine.access.seesCollection(userName, dbName, schema.name),
  )
}

export function seenDatabases(engine: Engine, userName: UserName): DatabaseDescription[] {
  const databases = engine.databases.list()
  if (userName === null) return databases
  return databases.filter(({ name }) => engine.access.seesDatabase(userName, name))
}

export function seenJobs(
  engine: Engine,
  userName: UserName,
  jobs: readonly ImportProgress[],
): readonly ImportProgress[] {
  return jobs.filter((job) => {
    const intent = jobIntent(job, 'ListImport')
    return deniedOf(engine, userName, intent) === null
  })
}

/** Whoever may import into a collection may follow and end the imports into it. */
export function jobDeniedOf(
  engine: Engine,
  userName: UserName,
  job: ImportProgress,
  privilege: 'Import' | 'GetImportProgress',
): MillraceError | null {
  return deniedOf(engine, userName, jobIntent(job, privilege))
}

function jobIntent({ task }: ImportProgress, name: string): Intent {
  const { dbName, collectionName } = task.request
  return {
    privilege: { name, objectType: 'Collection', namedBy: null },
    objectNames: [collectionName],
    dbNames: [dbName],
  }
}

/** Uploads are of no database: who may import anywhere may upload. */
export function uploadDeniedOf(access: AccessCatalog, userName: UserName): MillraceError | null {
  if (userName === null || access.permitsAnywhere(userName, 'Import')) return null
  return notPermitted('Import', userName, anyName)
}

function notPermitted(privilege: string, userName: string, dbName: string): MillraceError {
  return new MillraceError(
    'notPermitted',
    `Privilege${privilege}: permission deny to ${userName} in the \`${dbName}\` database`,
  )
}
