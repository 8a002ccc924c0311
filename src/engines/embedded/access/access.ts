import type { Deed, Grant } from '../../../schema/permission.js'
import { allows } from '../../../schema/permission.js'
import {
  adminRole,
  anyName,
  builtInGroups,
  objectTypeOf,
  publicRole,
  rootUser,
} from '../../../schema/privileges.js'
import type { AccessRecords } from '../../../storage/access-records.js'
import { Serial } from '../../../util/serial.js'
import type { AccessBackup, AccessCatalog } from '../../access.js'
import { backupOf, restoring } from './backup.js'
import { PrivilegeGroups } from './privilege-groups.js'
import { Roles } from './roles.js'
import { Users } from './users.js'

/** Who there is, and who may do what. Changes come one after the other. */
export class Access implements AccessCatalog {
  readonly users: Users
  readonly roles: Roles
  readonly privilegeGroups: PrivilegeGroups
  readonly #records: AccessRecords
  readonly #changes = new Serial()

  constructor(records: AccessRecords) {
    this.#records = records
    this.users = new Users(records, this.#changes)
    this.roles = new Roles(records, this.#changes)
    this.privilegeGroups = new PrivilegeGroups(records, this.#changes)
  }

  permits(userName: string, deed: Deed): boolean {
    const grants = this.#grantsOf(userName)
    return grants === 'all' || grants.some((grant) => allows(grant, deed, this.#groupNamed))
  }

  permitsAnywhere(userName: string, privilege: string): boolean {
    const grants = this.#grantsOf(userName)
    if (grants === 'all') return true
    const objectType = objectTypeOf(privilege)
    return grants.some((grant) => {
      const { dbName, objectName } = grant
      return allows(grant, { dbName, privilege, objectType, objectName }, this.#groupNamed)
    })
  }

  /** What everybody may is no reason to see a database. */
  seesDatabase(userName: string, dbName: string): boolean {
    const grants = this.#grantsOf(userName, [])
    if (grants === 'all' || dbName === 'default') return true
    return grants.some((grant) => grant.dbName === anyName || grant.dbName === dbName)
  }

  seesCollection(userName: string, dbName: string, collectionName: string): boolean {
    const grants = this.#grantsOf(userName, [])
    if (grants === 'all') return true
    return grants.some(
      (grant) =>
        (grant.dbName === anyName || grant.dbName === dbName) &&
        (grant.privilege === 'All' ||
          (isOfCollections(grant) && [anyName, collectionName].includes(grant.objectName))),
    )
  }

  backup(): AccessBackup {
    return backupOf(this.#records)
  }

  restore(backup: AccessBackup): Promise<void> {
    return this.#changes.run(async () => this.#records.commit(restoring(this.#records, backup)))
  }

  /** Of all roles of a user, `public` too, which everybody has; none for a user who is not there. */
  #grantsOf(userName: string, common = [publicRole]): readonly Grant[] | 'all' {
    const user = this.#records.find('users', userName)
    if (!user) return []
    if (user.name === rootUser || user.roles.includes(adminRole)) return 'all'
    return [...user.roles, ...common].flatMap(
      (name) => this.#records.find('roles', name)?.grants ?? [],
    )
  }

  readonly #groupNamed = (name: string): readonly string[] | undefined =>
    this.#records.find('privilegeGroups', name)?.privileges
}

function isOfCollections({ objectType, privilege }: Grant): boolean {
  return objectType === 'Collection' || builtInGroups.has(privilege)
}
