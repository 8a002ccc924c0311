import { timingSafeEqual } from 'node:crypto'
import { MillraceError } from '../../../errors.js'
import { invalidParameter } from '../../../schema/invalid-parameter.js'
import { rootUser } from '../../../schema/privileges.js'
import type { AccessRecords, UserRecord } from '../../../storage/access-records.js'
import { hashPassword, isPassword } from '../../../util/password-hash.js'
import type { Serial } from '../../../util/serial.js'
import type { UserCatalog, UserDescription } from '../../access.js'

/** Milvus: of the user root, until it is changed. */
const defaultRootPassword = 'Milvus'
const nameBytesMax = 32
const passwordBytes = { min: 6, max: 72 }

export class Users implements UserCatalog {
  readonly #records: AccessRecords
  readonly #changes: Serial

  constructor(records: AccessRecords, changes: Serial) {
    this.#records = records
    this.#changes = changes
  }

  create(name: string, password: string, description: string): Promise<void> {
    return this.#changes.run(async () => {
      checkUserName(name)
      checkPassword(password)
      if (this.#records.find('users', name)) {
        throw invalidParameter(`user already exists: ${name}`)
      }
      const passwordHash = await hashPassword(password)
      await this.#put({ name, passwordHash, roles: [], description })
    })
  }

  changePassword(name: string, oldPassword: string, newPassword: string): Promise<void> {
    return this.#changes.run(async () => {
      checkPassword(newPassword)
      const record = this.#records.find('users', name)
      if (!record || !(await this.isPassword(name, oldPassword))) {
        throw new MillraceError(
          'notAuthenticated',
          `old password not correct for ${name}: not authenticated`,
        )
      }
      await this.#put({ ...record, passwordHash: await hashPassword(newPassword) })
    })
  }

  describeAs(name: string, description: string): Promise<void> {
    return this.#changes.run(async () => {
      const record = this.#records.find('users', name)
      if (!record) throw noUser()
      await this.#put({ ...record, description })
    })
  }

  drop(name: string): Promise<void> {
    return this.#changes.run(async () => {
      if (name === rootUser) {
        const message = 'root user cannot be deleted: privilege not permitted'
        throw new MillraceError('notPermitted', message)
      }
      if (this.#records.find('users', name)) {
        await this.#records.commit([{ table: 'users', remove: name }])
      }
    })
  }

  find(name: string): UserDescription | undefined {
    return this.#records.find('users', name)
  }

  list(): UserDescription[] {
    return this.#records.all('users')
  }

  async isPassword(name: string, password: string): Promise<boolean> {
    const record = this.#records.find('users', name)
    if (record && record.passwordHash === null) return isDefaultPassword(password)
    unusedHash ??= hashPassword('of nobody')
    const isRight = await isPassword(password, record?.passwordHash ?? (await unusedHash))
    return isRight && record !== undefined
  }

  isRootAsAtFirst(): boolean {
    return this.#records.find('users', rootUser)?.passwordHash === null
  }

  passwordVersion(name: string): string | undefined {
    const record = this.#records.find('users', name)
    return record && (record.passwordHash ?? '')
  }

  #put(record: UserRecord): Promise<void> {
    return this.#records.commit([{ table: 'users', put: record }])
  }
}

/** What the password of a user who is not there is held against. */
let unusedHash: Promise<string> | undefined

function isDefaultPassword(password: string): boolean {
  const [given, wanted] = [Buffer.from(password), Buffer.from(defaultRootPassword)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

export function noUser(): MillraceError {
  return invalidParameter(
    "not found the user, maybe the user isn't existed or internal system error",
  )
}

/** @throws parameterInvalid */
function checkUserName(name: string): void {
  const length = Buffer.byteLength(name)
  if (name.trim() === '') throw invalidParameter('username must be not empty')
  if (length > nameBytesMax) {
    throw invalidParameter(
      `invalid username ${name} with length ${length}, the length of username must be less than ${nameBytesMax}`,
    )
  }
  if (!/^[A-Za-z]/.test(name)) {
    throw invalidParameter(
      `invalid user name ${name}, the first character must be a letter, but got ${name[0]}`,
    )
  }
  const wrong = /[^\w.-]/.exec(name)
  if (!wrong) return
  throw invalidParameter(
    `invalid user name ${name}, username must contain only numbers, letters, underscores, dots, and hyphens, but got ${wrong[0]}`,
  )
}

/** Milvus: as it words a number out of range. @throws parameterInvalid */
function checkPassword(password: string): void {
  const { min, max } = passwordBytes
  const length = Buffer.byteLength(password)
  if (length >= min && length <= max) return
  throw new MillraceError(
    'parameterInvalid',
    `invalid password length: invalid parameter[${length} out of range ${min} <= value <= ${max}]`,
  )
}
