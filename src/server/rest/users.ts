import { z } from 'zod'
import { emptyShape, text } from './body-shape.js'
import { clusterRoute } from './route.js'

const userShape = {
  name: 'UserReq',
  schema: z.object({ userName: text }),
  required: { userName: 'UserName' },
} as const

const roleOfUserShape = {
  name: 'UserRoleReq',
  schema: z.object({ userName: text, roleName: text }),
  required: { userName: 'UserName', roleName: 'RoleName' },
} as const

export const listUsers = clusterRoute(emptyShape, ({ access }) =>
  access.users.list().map(({ name }) => name),
)

/** Milvus: nothing but the roles; none for a user who is not there. */
export const describeUser = clusterRoute(userShape, ({ access }, { userName }) => [
  ...(access.users.find(userName)?.roles ?? []),
])

export const createUser = clusterRoute(
  {
    name: 'PasswordReq',
    schema: z.object({ userName: text, password: text, description: text }),
    required: { userName: 'UserName', password: 'Password' },
  },
  ({ access }, { userName, password, description }) =>
    access.users.create(userName, password, description),
)

export const updatePassword = clusterRoute(
  {
    name: 'NewPasswordReq',
    schema: z.object({ userName: text, password: text, newPassword: text }),
    required: { userName: 'UserName', password: 'Password', newPassword: 'NewPassword' },
  },
  ({ access }, { userName, password, newPassword }) =>
    access.users.changePassword(userName, password, newPassword),
)

export const dropUser = clusterRoute(userShape, ({ access }, { userName }) =>
  access.users.drop(userName),
)

export const grantRole = clusterRoute(roleOfUserShape, ({ access }, { userName, roleName }) =>
  access.roles.addUser(roleName, userName),
)

export const revokeRole = clusterRoute(roleOfUserShape, ({ access }, { userName, roleName }) =>
  access.roles.removeUser(roleName, userName),
)
