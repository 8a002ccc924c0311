import { anyName, builtInGroups } from './privileges.js'

/** A role may do `privilege`, which may be a group of them, to the objects of a name. */
export interface Grant {
  readonly dbName: string
  readonly objectType: string
  readonly objectName: string
  readonly privilege: string
  /** The user who gave it. */
  readonly grantor: string
}

/** What somebody is about to do. */
export interface Deed {
  readonly dbName: string
  readonly privilege: string
  readonly objectType: string
  /** `*` where it is about no single object. */
  readonly objectName: string
}

/** The groups of privileges that users made, by name. */
type PrivilegeGroups = (name: string) => readonly string[] | undefined

/** Milvus: who may do the first may see how far it is. */
const comesWith: Readonly<Record<string, readonly string[]>> = {
  Load: ['GetLoadState', 'GetLoadingProgress'],
  Flush: ['GetFlushState'],
  Import: ['GetImportProgress', 'ListImport'],
}

/** Whether a grant allows a deed. */
export function allows(grant: Grant, deed: Deed, groups: PrivilegeGroups): boolean {
  if (grant.dbName !== anyName && grant.dbName !== deed.dbName) return false
  const { privilege } = grant
  if (privilege === 'All') return true
  const group = builtInGroups.get(privilege) ?? groups(privilege)
  if (group) {
    return (
      (deed.objectName === anyName || isNamed(grant, deed)) &&
      group.some((each) => covers(each, deed.privilege))
    )
  }
  if (!isNamed(grant, deed)) return false
  if (privilege === anyName) return grant.objectType === deed.objectType
  return covers(privilege, deed.privilege)
}

/** What is granted in a database, or in all of them (`*`). */
export function grantsIn(dbName: string, grants: readonly Grant[]): Grant[] {
  return grants.filter(
    (grant) => [grant.dbName, dbName].includes(anyName) || grant.dbName === dbName,
  )
}

function isNamed(grant: Grant, deed: Deed): boolean {
  return grant.objectName === anyName || grant.objectName === deed.objectName
}

function covers(privilege: string, wanted: string): boolean {
  return privilege === wanted || (comesWith[privilege]?.includes(wanted) ?? false)
}
