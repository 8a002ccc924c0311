import { z } from 'zod'
import { emptyShape, text, texts } from './body-shape.js'
import { clusterRoute } from './route.js'

const required = { privilegeGroupName: 'PrivilegeGroupName' } as const
const groupShape = {
  name: 'PrivilegeGroupReq',
  schema: z.object({ privilegeGroupName: text }),
  required,
}
const privilegesShape = {
  name: 'PrivilegeGroupReq',
  schema: z.object({ privilegeGroupName: text, privileges: texts }),
  required,
}

/** Milvus: the privileges as one text. */
export const listPrivilegeGroups = clusterRoute(emptyShape, ({ access }) => ({
  privilegeGroups: access.privilegeGroups.list().map(({ name, privileges }) => ({
    privilegeGroupName: name,
    privileges: privileges.join(','),
  })),
}))

export const createPrivilegeGroup = clusterRoute(groupShape, ({ access }, body) =>
  access.privilegeGroups.create(body.privilegeGroupName),
)

export const dropPrivilegeGroup = clusterRoute(groupShape, ({ access }, body) =>
  access.privilegeGroups.drop(body.privilegeGroupName),
)

export const addPrivilegesToGroup = clusterRoute(privilegesShape, ({ access }, body) =>
  access.privilegeGroups.add(body.privilegeGroupName, body.privileges),
)

export const removePrivilegesFromGroup = clusterRoute(privilegesShape, ({ access }, body) =>
  access.privilegeGroups.remove(body.privilegeGroupName, body.privileges),
)
