import { z } from 'zod'
import type { RoleCatalog } from '../../engines/access.js'
import { type Grant, grantsIn } from '../../schema/permission.js'
import { rootUser } from '../../schema/privileges.js'
import { defaultDatabaseName } from '../database.js'
import { emptyShape, text } from './body-shape.js'
import type { RequestWords } from './request-words.js'
import { clusterRoute, type Route } from './route.js'

const roleName = { roleName: 'RoleName' } as const
const roleShape = { name: 'RoleReq', schema: z.object({ roleName: text }), required: roleName }

const descriptionShape = {
  name: 'RoleReq',
  schema: z.object({ roleName: text, description: text }),
  required: roleName,
}

export const listRoles = clusterRoute(emptyShape, ({ access }) =>
  access.roles.list().map(({ name }) => name),
)

/** Milvus: nothing but the grants. */
export const describeRole = clusterRoute(
  { ...roleShape, schema: z.object({ roleName: text, dbName: text }) },
  ({ access }, body, words) =>
    grantsIn(databaseOf(words, body.dbName), access.roles.grants(body.roleName)).map((grant) => ({
      ...grant,
    })),
)

export const createRole = clusterRoute(descriptionShape, ({ access }, body) =>
  access.roles.create(body.roleName, body.description),
)

export const alterRole = clusterRoute(descriptionShape, ({ access }, body) =>
  access.roles.alter(body.roleName, body.description),
)

export const dropRole = clusterRoute(roleShape, ({ access }, body) =>
  access.roles.drop(body.roleName, false),
)

export const grantPrivilege = objectRoute((roles, name, grant) =>
  roles.grant(name, grant, 'object'),
)

export const revokePrivilege = objectRoute((roles, name, grant) =>
  roles.revoke(name, grant, 'object'),
)

export const grantPrivilegeV2 = levelRoute((roles, name, grant) =>
  roles.grant(name, grant, 'level'),
)

export const revokePrivilegeV2 = levelRoute((roles, name, grant) =>
  roles.revoke(name, grant, 'level'),
)

type ChangeOfGrants = (roles: RoleCatalog, name: string, grant: Grant) => Promise<void>

function objectRoute(change: ChangeOfGrants): Route {
  const shape = {
    name: 'GrantReq',
    schema: z.object({
      roleName: text,
      objectType: text,
      objectName: text,
      privilege: text,
      dbName: text,
    }),
    required: {
      ...roleName,
      objectType: 'ObjectType',
      objectName: 'ObjectName',
      privilege: 'Privilege',
    },
  } as const
  return clusterRoute(shape, ({ access }, { roleName, dbName, ...named }, words) =>
    change(access.roles, roleName, { ...named, ...givenBy(words, dbName) }),
  )
}

function levelRoute(change: ChangeOfGrants): Route {
  const shape = {
    name: 'GrantV2Req',
    schema: z.object({ roleName: text, privilege: text, dbName: text, collectionName: text }),
    required: { ...roleName, privilege: 'Privilege' },
  } as const
  return clusterRoute(shape, ({ access }, { collectionName, privilege, ...body }, words) =>
    change(access.roles, body.roleName, {
      ...givenBy(words, body.dbName),
      objectType: '',
      objectName: collectionName,
      privilege,
    }),
  )
}

function givenBy(words: RequestWords, dbName: string) {
  return { grantor: words.userName ?? rootUser, dbName: databaseOf(words, dbName) }
}

function databaseOf({ dbName: headerName }: RequestWords, dbName: string): string {
  return dbName || headerName || defaultDatabaseName
}
