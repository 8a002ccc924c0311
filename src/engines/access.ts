import type { Deed, Grant } from '../schema/permission.js'

export interface UserDescription {
  readonly name: string
  readonly roles: readonly string[]
  readonly description: string
}

/** Who may come in. */
export interface UserCatalog {
  /** @throws parameterInvalid for a name or password that is none, or a name that is taken */
  create(name: string, password: string, description: string): Promise<void>
  /** @throws notAuthenticated when the old password is wrong */
  changePassword(name: string, oldPassword: string, newPassword: string): Promise<void>
  describeAs(name: string, description: string): Promise<void>
  /** One that is not there is no error. @throws notPermitted for root */
  drop(name: string): Promise<void>
  find(name: string): UserDescription | undefined
  list(): UserDescription[]
  /** Takes its time, the same for a user who is not there. */
  isPassword(name: string, password: string): Promise<boolean>
  /** Whether root still has the password that everybody knows. */
  isRootAsAtFirst(): boolean
  /** Changes whenever the password does; undefined for a user who is not there. */
  passwordVersion(name: string): string | undefined
}

export interface RoleDescription {
  readonly name: string
  readonly description: string
  readonly users: readonly string[]
}

/** How a grant is asked for: by the type of its object, or (since Milvus 2.5) by database and collection. */
export type GrantStyle = 'object' | 'level'

/** What users may do. Where a role must be there, parameterInvalid is thrown when it is not. */
export interface RoleCatalog {
  create(name: string, description: string): Promise<void>
  alter(name: string, description: string): Promise<void>
  /** @throws notPermitted for the roles that are built in, and for one with grants, unless it is forced */
  drop(name: string, isForced: boolean): Promise<void>
  find(name: string): RoleDescription | undefined
  list(): RoleDescription[]
  addUser(name: string, userName: string): Promise<void>
  removeUser(name: string, userName: string): Promise<void>
  grants(name: string): readonly Grant[]
  /** One that is there is no error. @throws parameterInvalid for what is no privilege */
  grant(name: string, grant: Grant, style: GrantStyle): Promise<void>
  /** One that is not there is no error. */
  revoke(name: string, grant: Grant, style: GrantStyle): Promise<void>
}

export interface PrivilegeGroup {
  readonly name: string
  readonly privileges: readonly string[]
}

export interface PrivilegeGroupCatalog {
  /** @throws privilegeGroupNameInvalid, parameterInvalid for a name that is taken */
  create(name: string): Promise<void>
  /** One that is not there is no error. @throws parameterInvalid while a role has it */
  drop(name: string): Promise<void>
  add(name: string, privileges: readonly string[]): Promise<void>
  remove(name: string, privileges: readonly string[]): Promise<void>
  /** Those that users made, and those that are built in. */
  list(): PrivilegeGroup[]
}

/** Users with the hashes of their passwords, roles, grants and groups: everything that can be restored. */
export interface AccessBackup {
  readonly users: readonly (UserDescription & { readonly passwordHash: string })[]
  readonly roles: readonly { readonly name: string; readonly description: string }[]
  readonly grants: readonly (Grant & { readonly roleName: string })[]
  readonly privilegeGroups: readonly PrivilegeGroup[]
}

export interface AccessCatalog {
  readonly users: UserCatalog
  readonly roles: RoleCatalog
  readonly privilegeGroups: PrivilegeGroupCatalog
  /** Whether a user may do that: root may everything, and who has the role admin. */
  permits(userName: string, deed: Deed): boolean
  /** Whether a user may do that to any object of any database. */
  permitsAnywhere(userName: string, privilege: string): boolean
  /** Whether a database has anything in it for a user. */
  seesDatabase(userName: string, dbName: string): boolean
  seesCollection(userName: string, dbName: string, collectionName: string): boolean
  /** Without root, who is everywhere. */
  backup(): AccessBackup
  /** What is there already stays as it is; grants are added. All or nothing. @throws parameterInvalid */
  restore(backup: AccessBackup): Promise<void>
}
