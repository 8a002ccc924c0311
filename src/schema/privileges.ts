/** Of what a privilege is: a privilege of a database or of the cluster is granted for all that is in it. */
type PrivilegeLevel = 'cluster' | 'database' | 'collection'

export const objectTypes = ['Collection', 'Global', 'User'] as const

/** What a grant is about. */
export type ObjectType = (typeof objectTypes)[number]

/** Any object, any database, any privilege. */
export const anyName = '*'

/** Milvus: the user and the roles that are always there; `public` is every user's. */
export const rootUser = 'root'
export const adminRole = 'admin'
export const publicRole = 'public'

const readsOfCollection = [
  'Query',
  'Search',
  'IndexDetail',
  'GetFlushState',
  'GetLoadState',
  'GetLoadingProgress',
  'HasPartition',
  'ShowPartitions',
  'DescribeCollection',
  'DescribeAlias',
  'GetStatistics',
  'ListAliases',
  'DescribeSnapshot',
  'ListSnapshots',
]

const writesOfCollection = [
  ...readsOfCollection,
  'Load',
  'Release',
  'Insert',
  'Delete',
  'Upsert',
  'Import',
  'GetImportProgress',
  'ListImport',
  'Flush',
  'Compaction',
  'LoadBalance',
  'CreateIndex',
  'DropIndex',
  'CreatePartition',
  'DropPartition',
  'AddCollectionField',
  'AlterCollectionSchema',
]

const allOfCollection = [
  ...writesOfCollection,
  'CreateAlias',
  'DropAlias',
  'CreateSnapshot',
  'DropSnapshot',
  'RestoreSnapshot',
  'RefreshExternalCollection',
]

const readsOfDatabase = ['ShowCollections', 'DescribeDatabase']
const writesOfDatabase = [...readsOfDatabase, 'AlterDatabase']
const allOfDatabase = [...writesOfDatabase, 'CreateCollection', 'DropCollection']

const readsOfCluster = [
  'ListDatabases',
  'SelectOwnership',
  'SelectUser',
  'DescribeResourceGroup',
  'ListResourceGroups',
  'ListPrivilegeGroups',
  'ListFileResources',
  'GetReplicateConfiguration',
]

const writesOfCluster = [
  ...readsOfCluster,
  'FlushAll',
  'TransferNode',
  'TransferReplica',
  'UpdateResourceGroups',
]

const allOfCluster = [
  ...writesOfCluster,
  'BackupRBAC',
  'RestoreRBAC',
  'CreateDatabase',
  'DropDatabase',
  'CreateOwnership',
  'DropOwnership',
  'ManageOwnership',
  'CreateResourceGroup',
  'DropResourceGroup',
  'UpdateUser',
  'RenameCollection',
  'CreatePrivilegeGroup',
  'DropPrivilegeGroup',
  'OperatePrivilegeGroup',
  'AddFileResource',
  'RemoveFileResource',
  'UpdateReplicateConfiguration',
  'RestoreExternalSnapshot',
  'ExportSnapshot',
  'PinSnapshotData',
  'UnpinSnapshotData',
]

/** Milvus: the groups of privileges that are there from the start, by their level. */
export const builtInGroups: ReadonlyMap<string, readonly string[]> = new Map([
  ['ClusterReadOnly', readsOfCluster],
  ['ClusterReadWrite', writesOfCluster],
  ['ClusterAdmin', allOfCluster],
  ['DatabaseReadOnly', readsOfDatabase],
  ['DatabaseReadWrite', writesOfDatabase],
  ['DatabaseAdmin', allOfDatabase],
  ['CollectionReadOnly', readsOfCollection],
  ['CollectionReadWrite', writesOfCollection],
  ['CollectionAdmin', allOfCollection],
])

/** Privileges of a collection or a database whose calls Milvus counts among those of no single object. */
const globalOfObjects = new Set([
  'DescribeCollection',
  'DescribeAlias',
  'ListAliases',
  'CreateAlias',
  'DropAlias',
  ...allOfDatabase,
])

const levels = new Map<string, PrivilegeLevel>([
  ...namesAt('cluster', [...allOfCluster, 'All']),
  ...namesAt('database', allOfDatabase),
  ...namesAt('collection', allOfCollection),
  ...[...builtInGroups.keys()].map((name) => [name, levelOfGroup(name)] as const),
])

function namesAt(level: PrivilegeLevel, names: readonly string[]) {
  return names.map((name) => [name, level] as const)
}

function levelOfGroup(name: string): PrivilegeLevel {
  if (name.startsWith('Cluster')) return 'cluster'
  return name.startsWith('Database') ? 'database' : 'collection'
}

/** Of a privilege, or of a group that is built in; undefined where there is none by the name. */
export function privilegeLevel(name: string): PrivilegeLevel | undefined {
  return levels.get(name)
}

/** What a grant of a privilege is about, where the grant does not say it itself. */
export function objectTypeOf(privilege: string): ObjectType {
  if (privilege === 'UpdateUser' || privilege === 'SelectUser') return 'User'
  const isOfCollection = levels.get(privilege) === 'collection' && !globalOfObjects.has(privilege)
  return isOfCollection ? 'Collection' : 'Global'
}
