import { MillraceError } from '../../../errors.js'
import { invalidParameter } from '../../../schema/invalid-parameter.js'
import type { Grant } from '../../../schema/permission.js'
import { adminRole, anyName, publicRole } from '../../../schema/privileges.js'
import { nameFault } from '../../../schema/validate-name.js'
import type { AccessRecords, RecordChange, RoleRecord } from '../../../storage/access-records.js'
import type { Serial } from '../../../util/serial.js'
import type { GrantStyle, RoleCatalog, RoleDescription } from '../../access.js'
import { checkedGrant, isSameGrant } from './grants.js'
import { noUser } from './users.js'

export class Roles implements RoleCatalog {
  readonly #records: AccessRecords
  readonly #changes: Serial

  constructor(records: AccessRecords, changes: Serial) {
    this.#records = records
    this.#changes = changes
  }

  create(name: string, description: string): Promise<void> {
    return this.#changes.run(async () => {
      checkRoleName(name)
      if (this.#records.find('roles', name)) {
        throw invalidParameter(`role [name:"${name}"] already exists`)
      }
      await this.#put({ name, description, grants: [] })
    })
  }

  alter(name: string, description: string): Promise<void> {
    return this.#changes.run(async () => this.#put({ ...this.#named(name), description }))
  }

  drop(name: string, isForced: boolean): Promise<void> {
    return this.#changes.run(async () => {
      if (name === adminRole || name === publicRole) {
        throw notPermitted(`the role[${name}] is a default role, which can't be dropped`)
      }
      const { grants } = this.#named(name)
      if (grants.length > 0 && !isForced) {
        throw notPermitted(
          'fail to drop the role that it has privileges. Use REVOKE API to revoke privileges',
        )
      }
      await this.#records.commit([{ table: 'roles', remove: name }, ...this.#withoutRole(name)])
    })
  }

  find(name: string): RoleDescription | undefined {
    const record = this.#records.find('roles', name)
    return record && this.#described(record)
  }

  list(): RoleDescription[] {
    return this.#records.all('roles').map((record) => this.#described(record))
  }

  addUser(name: string, userName: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#named(name)
      const user = this.#records.find('users', userName)
      if (!user) throw noUser()
      if (user.roles.includes(name)) return
      await this.#records.commit([
        { table: 'users', put: { ...user, roles: [...user.roles, name] } },
      ])
    })
  }

  removeUser(name: string, userName: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#named(name)
      await this.#records.commit(
        this.#withoutRole(name).filter((change) => 'put' in change && change.put.name === userName),
      )
    })
  }

  grants(name: string): readonly Grant[] {
    return this.#named(name).grants
  }

  grant(name: string, grant: Grant, style: GrantStyle): Promise<void> {
    return this.#changes.run(async () => {
      const role = this.#named(name)
      const checked = checkedGrant(this.#records, grant, style)
      if (role.grants.some((each) => isSameGrant(each, checked))) return
      await this.#put({ ...role, grants: [...role.grants, checked] })
    })
  }

  revoke(name: string, grant: Grant, style: GrantStyle): Promise<void> {
    return this.#changes.run(async () => {
      const role = this.#named(name)
      const checked = checkedGrant(this.#records, grant, style)
      const grants = role.grants.filter((each) => !isSameGrant(each, checked))
      if (grants.length < role.grants.length) await this.#put({ ...role, grants })
    })
  }

  #named(name: string): RoleRecord {
    const record = this.#records.find('roles', name)
    if (record) return record
    throw invalidParameter(
      "not found the role, maybe the role isn't existed or internal system error",
    )
  }

  #described({ name, description }: RoleRecord): RoleDescription {
    const users = this.#records.all('users').filter(({ roles }) => roles.includes(name))
    return { name, description, users: users.map((user) => user.name) }
  }

  #withoutRole(name: string): RecordChange[] {
    return this.#records
      .all('users')
      .filter(({ roles }) => roles.includes(name))
      .map((user) => {
        const roles = user.roles.filter((each) => each !== name)
        return { table: 'users', put: { ...user, roles } }
      })
  }

  #put(record: RoleRecord): Promise<void> {
    return this.#records.commit([{ table: 'roles', put: record }])
  }
}

/** @throws parameterInvalid */
function checkRoleName(name: string): void {
  const fault = name === '' ? 'role name should not be empty' : nameFault('role name', name)
  if (fault) throw invalidParameter(name === anyName ? `${fault}, got "*"` : fault)
}

function notPermitted(message: string): MillraceError {
  return new MillraceError('notPermitted', `${message}: privilege not permitted`)
}
