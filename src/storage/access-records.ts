import type { Grant } from '../schema/permission.js'
import { adminRole, anyName, publicRole, rootUser } from '../schema/privileges.js'
import type { Store } from './store.js'

export interface UserRecord {
  readonly name: string
  /** null: the password that the first user has from the start. */
  readonly passwordHash: string | null
  readonly roles: readonly string[]
  readonly description: string
}

export interface RoleRecord {
  readonly name: string
  readonly description: string
  readonly grants: readonly Grant[]
}

export interface PrivilegeGroupRecord {
  readonly name: string
  readonly privileges: readonly string[]
}

/** How many nodes a group asks for, and from which groups they may come. */
export interface ResourceGroupConfig {
  readonly nodesRequested: number
  readonly nodesMax: number
  readonly transferFrom: readonly string[]
  readonly transferTo: readonly string[]
  /** A node without these labels is none for the group. */
  readonly nodeLabels: readonly (readonly [key: string, value: string])[]
}

export interface ResourceGroupRecord {
  readonly name: string
  readonly config: ResourceGroupConfig
}

interface Records {
  readonly users: UserRecord
  readonly roles: RoleRecord
  readonly privilegeGroups: PrivilegeGroupRecord
  readonly resourceGroups: ResourceGroupRecord
}

type TableName = keyof Records

/** A record in the place of the one of its name, or none there. */
export type RecordChange = {
  readonly [Table in TableName]:
    | { readonly table: Table; readonly put: Records[Table] }
    | { readonly table: Table; readonly remove: string }
}[TableName]

/** Milvus: the group that every node is in from the start. */
export const defaultResourceGroup = '__default_resource_group'

const defaults: { readonly [Table in TableName]: readonly Records[Table][] } = {
  users: [{ name: rootUser, passwordHash: null, roles: [adminRole], description: '' }],
  roles: [
    { name: adminRole, description: '', grants: [] },
    {
      name: publicRole,
      description: '',
      grants: [
        publicGrant('Global', 'DescribeCollection'),
        publicGrant('Global', 'ListAliases'),
        publicGrant('Collection', 'IndexDetail'),
      ],
    },
  ],
  privilegeGroups: [],
  resourceGroups: [
    {
      name: defaultResourceGroup,
      config: {
        nodesRequested: 0,
        nodesMax: 1_000_000,
        transferFrom: [],
        transferTo: [],
        nodeLabels: [],
      },
    },
  ],
}

function publicGrant(objectType: string, privilege: string): Grant {
  return { dbName: anyName, objectType, objectName: anyName, privilege, grantor: rootUser }
}

/** Users, roles and groups: in memory for reading, in the store for good. */
export class AccessRecords {
  readonly #store: Store
  readonly #tables: { readonly [Table in TableName]: Map<string, Records[Table]> }

  constructor(store: Store) {
    this.#store = store
    this.#tables = {
      users: recordsOf(store, 'users'),
      roles: recordsOf(store, 'roles'),
      privilegeGroups: recordsOf(store, 'privilegeGroups'),
      resourceGroups: recordsOf(store, 'resourceGroups'),
    }
  }

  all<Table extends TableName>(table: Table): Records[Table][] {
    return [...this.#tables[table].values()]
  }

  find<Table extends TableName>(table: Table, name: string): Records[Table] | undefined {
    return this.#tables[table].get(name)
  }

  /** All of them in one transaction. */
  async commit(changes: readonly RecordChange[]): Promise<void> {
    await this.#store.commit(
      changes.map((change) =>
        'put' in change
          ? { table: change.table, key: change.put.name, value: change.put }
          : { table: change.table, key: change.remove, remove: true },
      ),
    )
    for (const change of changes) this.#apply(change)
  }

  #apply(change: RecordChange): void {
    const table = this.#tables[change.table] as Map<string, Records[TableName]>
    if ('put' in change) table.set(change.put.name, change.put)
    else table.delete(change.remove)
  }
}

function recordsOf<Table extends TableName>(store: Store, table: Table) {
  const records = [...defaults[table], ...store.values<Records[Table]>(table)]
  return new Map(records.map((record) => [record.name, record]))
}
