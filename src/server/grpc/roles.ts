import type { RoleDescription } from '../../engines/access.js'
import { MillraceError } from '../../errors.js'
import { type Grant, grantsIn } from '../../schema/permission.js'
import { rootUser } from '../../schema/privileges.js'
import {
  type GrantEntity,
  OperatePrivilegeType,
  OperateUserRoleType,
} from '../../wire/generated/messages.js'
import type { Call, Handlers, Reply } from './call.js'

export const roleHandlers = {
  async CreateRole({ engine }, { entity }) {
    if (!entity) throw missing('role')
    await engine.access.roles.create(entity.name, entity.description)
    return undefined
  },

  async AlterRole({ engine }, { role_name, description }) {
    await engine.access.roles.alter(role_name, description)
    return undefined
  },

  async DropRole({ engine }, { role_name, force_drop }) {
    await engine.access.roles.drop(role_name, force_drop)
    return undefined
  },

  async OperateUserRole({ engine }, { username, role_name, type }) {
    const { roles } = engine.access
    if (type === OperateUserRoleType.AddUserToRole) await roles.addUser(role_name, username)
    else await roles.removeUser(role_name, username)
    return undefined
  },

  /** Milvus: a role that is not there is no result, and no error. */
  SelectRole({ engine }, { role, include_user_info }) {
    const { roles } = engine.access
    const found = role?.name ? [roles.find(role.name)] : roles.list()
    return {
      results: found.flatMap((each) => (each ? [roleResult(each, include_user_info)] : [])),
    }
  },

  async OperatePrivilege(call, { entity, type }) {
    if (!entity) throw missing('grant entity')
    const grant = {
      ...grantOf(call, entity.grantor?.privilege?.name ?? '', entity.db_name || call.dbName),
      objectType: entity.object?.name ?? '',
      objectName: entity.object_name,
    }
    await operate(call, entity.role?.name ?? '', grant, type, 'object')
    return undefined
  },

  async OperatePrivilegeV2(call, { role, grantor, type, db_name, collection_name }) {
    const grant = {
      ...grantOf(call, grantor?.privilege?.name ?? '', db_name || call.dbName),
      objectName: collection_name,
    }
    await operate(call, role?.name ?? '', grant, type, 'level')
    return undefined
  },

  SelectGrant(call, { entity }) {
    const roleName = entity?.role?.name ?? ''
    const dbName = entity?.db_name || call.dbName
    const grants = grantsIn(dbName, call.engine.access.roles.grants(roleName))
    return {
      entities: grants
        .filter((grant) => isAskedFor(grant, entity))
        .map((grant) => grantMessage(roleName, grant)),
    }
  },
} satisfies Handlers

function roleResult({ name, description, users }: RoleDescription, withUsers: boolean) {
  return {
    role: { name, description },
    users: withUsers ? users.map((user) => ({ name: user })) : [],
  }
}

function grantOf({ userName }: Call, privilege: string, dbName: string): Grant {
  return { dbName, objectType: '', objectName: '', privilege, grantor: userName ?? rootUser }
}

function operate(
  { engine }: Call,
  roleName: string,
  grant: Grant,
  type: number,
  style: 'object' | 'level',
): Promise<void> {
  const { roles } = engine.access
  return type === OperatePrivilegeType.Grant
    ? roles.grant(roleName, grant, style)
    : roles.revoke(roleName, grant, style)
}

/** What the question leaves out is of any kind. */
function isAskedFor(grant: Grant, entity: GrantEntity | null): boolean {
  const { object_name = '', object = null } = entity ?? {}
  return (
    (!object?.name || object.name === grant.objectType) &&
    (object_name === '' || object_name === grant.objectName)
  )
}

/** A grant as SDKs read it. */
export function grantMessage(
  roleName: string,
  { dbName, objectType, objectName, privilege, grantor }: Grant,
): NonNullable<Reply<'SelectGrant'>['entities']>[number] {
  return {
    role: { name: roleName },
    object: { name: objectType },
    object_name: objectName,
    db_name: dbName,
    grantor: { user: { name: grantor }, privilege: { name: privilege } },
  }
}

function missing(what: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `the ${what} in the request is nil: invalid parameter`,
  )
}
