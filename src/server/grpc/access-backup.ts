import type { AccessBackup } from '../../engines/access.js'
import { MillraceError } from '../../errors.js'
import type { RBACMeta } from '../../wire/generated/messages.js'
import type { Handlers, Reply } from './call.js'
import { grantMessage } from './roles.js'

/** Passwords are kept as hashes, in a backup too: one of another server's cannot be taken over. */
export const accessBackupHandlers = {
  BackupRBAC: ({ engine }) => ({ RBAC_meta: messageOf(engine.access.backup()) }),

  async RestoreRBAC({ engine }, { RBAC_meta }) {
    if (!RBAC_meta) {
      throw new MillraceError('parameterInvalid', 'restore: expected RBAC_meta, got none')
    }
    await engine.access.restore(backupOf(RBAC_meta))
    return undefined
  },
} satisfies Handlers

function messageOf(backup: AccessBackup): Reply<'BackupRBAC'>['RBAC_meta'] {
  return {
    users: backup.users.map(({ name, passwordHash, roles }) => ({
      user: name,
      password: passwordHash,
      roles: roles.map((role) => ({ name: role })),
    })),
    roles: backup.roles,
    grants: backup.grants.map(({ roleName, ...grant }) => grantMessage(roleName, grant)),
    privilege_groups: backup.privilegeGroups.map(({ name, privileges }) => ({
      group_name: name,
      privileges: privileges.map((privilege) => ({ name: privilege })),
    })),
  }
}

function backupOf({ users, roles, grants, privilege_groups }: RBACMeta): AccessBackup {
  return {
    users: users.map((user) => ({
      name: user.user,
      passwordHash: user.password,
      roles: user.roles.map(({ name }) => name),
      description: '',
    })),
    roles,
    grants: grants.map(({ role, object, object_name, db_name, grantor }) => ({
      roleName: role?.name ?? '',
      dbName: db_name,
      objectType: object?.name ?? '',
      objectName: object_name,
      privilege: grantor?.privilege?.name ?? '',
      grantor: grantor?.user?.name ?? '',
    })),
    privilegeGroups: privilege_groups.map(({ group_name, privileges }) => ({
      name: group_name,
      privileges: privileges.map(({ name }) => name),
    })),
  }
}
