import { invalidParameter } from '../../../schema/invalid-parameter.js'
import type { Grant } from '../../../schema/permission.js'
import { adminRole, publicRole, rootUser } from '../../../schema/privileges.js'
import type { AccessRecords, RecordChange } from '../../../storage/access-records.js'
import { isPasswordHash } from '../../../util/password-hash.js'
import type { AccessBackup } from '../../access.js'
import { isSameGrant } from './grants.js'

export function backupOf(records: AccessRecords): AccessBackup {
  const roles = records.all('roles')
  return {
    users: records
      .all('users')
      .flatMap(({ passwordHash, ...user }) =>
        passwordHash === null || user.name === rootUser ? [] : [{ ...user, passwordHash }],
      ),
    roles: roles.filter(({ name }) => name !== adminRole && name !== publicRole),
    grants: roles.flatMap(({ name, grants }) =>
      grants.map((grant) => ({ ...grant, roleName: name })),
    ),
    privilegeGroups: records.all('privilegeGroups'),
  }
}

/** What makes of the records those that a backup has beside them. @throws parameterInvalid */
export function restoring(records: AccessRecords, backup: AccessBackup): RecordChange[] {
  checkBackup(records, backup)
  const { users, privilegeGroups } = backup
  return [
    ...rolesRestored(records, backup),
    ...users
      .filter(({ name }) => !records.find('users', name))
      .map((user): RecordChange => ({ table: 'users', put: user })),
    ...privilegeGroups
      .filter(({ name }) => !records.find('privilegeGroups', name))
      .map((group): RecordChange => ({ table: 'privilegeGroups', put: group })),
  ]
}

/** @throws parameterInvalid naming the entry that does not fit */
function checkBackup(records: AccessRecords, { users, roles, grants }: AccessBackup): void {
  const isRole = (name: string): boolean =>
    records.find('roles', name) !== undefined || roles.some((role) => role.name === name)
  for (const user of users) {
    if (user.name === '') throw invalidParameter('restore: a user without a name')
    const missing = user.roles.find((name) => !isRole(name))
    if (missing) throw invalidParameter(`restore: user ${user.name}: there is no role ${missing}`)
    if (!isPasswordHash(user.passwordHash)) {
      throw invalidParameter(
        `restore: user ${user.name}: expected a password as millrace hashes it (scrypt), got another`,
      )
    }
  }
  const orphan = grants.find(({ roleName }) => !isRole(roleName))
  if (orphan) throw invalidParameter(`restore: a grant: there is no role ${orphan.roleName}`)
}

function rolesRestored(records: AccessRecords, { roles, grants }: AccessBackup): RecordChange[] {
  const named = new Map(records.all('roles').map((role) => [role.name, role]))
  for (const { name, description } of roles) {
    if (name !== '' && !named.has(name)) named.set(name, { name, description, grants: [] })
  }
  for (const { roleName, ...grant } of grants) {
    const role = named.get(roleName)
    if (role && !hasGrant(role.grants, grant)) {
      named.set(roleName, { ...role, grants: [...role.grants, grant] })
    }
  }
  return [...named.values()]
    .filter((role) => role !== records.find('roles', role.name))
    .map((role) => ({ table: 'roles', put: role }))
}

function hasGrant(grants: readonly Grant[], grant: Grant): boolean {
  return grants.some((each) => isSameGrant(each, grant))
}
