import { MillraceError } from '../../../errors.js'
import { invalidParameter } from '../../../schema/invalid-parameter.js'
import { builtInGroups, privilegeLevel } from '../../../schema/privileges.js'
import { nameFault } from '../../../schema/validate-name.js'
import type { AccessRecords, PrivilegeGroupRecord } from '../../../storage/access-records.js'
import type { Serial } from '../../../util/serial.js'
import type { PrivilegeGroup, PrivilegeGroupCatalog } from '../../access.js'

export class PrivilegeGroups implements PrivilegeGroupCatalog {
  readonly #records: AccessRecords
  readonly #changes: Serial

  constructor(records: AccessRecords, changes: Serial) {
    this.#records = records
    this.#changes = changes
  }

  create(name: string): Promise<void> {
    return this.#changes.run(async () => {
      checkGroupName(name)
      if (this.#records.find('privilegeGroups', name)) {
        throw invalidParameter(`privilege group name [${name}] is defined by users`)
      }
      if (privilegeLevel(name) !== undefined) {
        throw invalidParameter(
          `privilege group name [${name}] is defined by built in privileges or privilege groups in system`,
        )
      }
      await this.#put({ name, privileges: [] })
    })
  }

  drop(name: string): Promise<void> {
    return this.#changes.run(async () => {
      const role = this.#records
        .all('roles')
        .find(({ grants }) => grants.some(({ privilege }) => privilege === name))
      if (!this.#records.find('privilegeGroups', name)) return
      if (role) {
        throw invalidParameter(
          `privilege group [${name}] is used by role [${role.name}], Use REVOKE API to revoke it first`,
        )
      }
      await this.#records.commit([{ table: 'privilegeGroups', remove: name }])
    })
  }

  add(name: string, privileges: readonly string[]): Promise<void> {
    return this.#changes.run(async () => {
      const group = this.#named(name)
      const added = privileges.flatMap((privilege) => this.#privilegesOf(privilege))
      await this.#put({ name, privileges: [...new Set([...group.privileges, ...added])] })
    })
  }

  remove(name: string, privileges: readonly string[]): Promise<void> {
    return this.#changes.run(async () => {
      const group = this.#named(name)
      const removed = privileges.flatMap((privilege) => this.#privilegesOf(privilege))
      await this.#put({
        name,
        privileges: group.privileges.filter((each) => !removed.includes(each)),
      })
    })
  }

  list(): PrivilegeGroup[] {
    const builtIn = [...builtInGroups].map(([name, privileges]) => ({ name, privileges }))
    return [...this.#records.all('privilegeGroups'), ...builtIn]
  }

  #named(name: string): PrivilegeGroupRecord {
    const record = this.#records.find('privilegeGroups', name)
    if (record) return record
    throw invalidParameter(`there is no privilege group name [${name}] to operate`)
  }

  /** A group may be named for what it has. */
  #privilegesOf(privilege: string): readonly string[] {
    const group = builtInGroups.get(privilege) ?? this.#records.find('privilegeGroups', privilege)
    if (group) return 'privileges' in group ? group.privileges : group
    if (privilegeLevel(privilege) !== undefined) return [privilege]
    throw invalidParameter(
      `there is no privilege name or privilege group name [${privilege}] defined in system to operate`,
    )
  }

  #put(record: PrivilegeGroupRecord): Promise<void> {
    return this.#records.commit([{ table: 'privilegeGroups', put: record }])
  }
}

/** @throws privilegeGroupNameInvalid */
function checkGroupName(name: string): void {
  const noun = 'privilege group name'
  const fault = name === '' ? `${noun} should not be empty` : nameFault(noun, name)
  if (fault === null) return
  throw new MillraceError('privilegeGroupNameInvalid', `${fault}: invalid privilege group name`)
}
