import type { UserDescription } from '../../engines/access.js'
import { MillraceError } from '../../errors.js'
import type { Handlers } from './call.js'

/** Passwords come as base64. */
export const userHandlers = {
  async CreateCredential({ engine }, { username, password, description }) {
    await engine.access.users.create(username, passwordFrom(password), description ?? '')
    return undefined
  },

  /** A description alone may be changed too, without a password. */
  async UpdateCredential({ engine }, { username, oldPassword, newPassword, description }) {
    const { users } = engine.access
    if (newPassword !== '' || description === null) {
      const [before, after] = [passwordFrom(oldPassword), passwordFrom(newPassword)]
      await users.changePassword(username, before, after)
    }
    if (description !== null) await users.describeAs(username, description)
    return undefined
  },

  async DeleteCredential({ engine }, { username }) {
    await engine.access.users.drop(username)
    return undefined
  },

  ListCredUsers: ({ engine }) => ({
    usernames: engine.access.users.list().map(({ name }) => name),
  }),

  /** Milvus: a user who is not there is no result, and no error. */
  SelectUser({ engine }, { user, include_role_info }) {
    const { users } = engine.access
    const found = user?.name ? [users.find(user.name)] : users.list()
    return {
      results: found.flatMap((each) => (each ? [userResult(each, include_role_info)] : [])),
    }
  },
} satisfies Handlers

function userResult({ name, roles, description }: UserDescription, withRoles: boolean) {
  const named = withRoles ? roles.map((role) => ({ name: role })) : []
  return { user: { name }, roles: named, description }
}

function passwordFrom(base64: string): string {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return Buffer.from(base64, 'base64').toString('utf8')
  throw new MillraceError('parameterInvalid', 'password: expected base64: invalid parameter')
}
