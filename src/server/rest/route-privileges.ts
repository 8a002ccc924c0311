import type { Engine } from '../../engines/engine.js'
import type { MillraceError } from '../../errors.js'
import { anyName } from '../../schema/privileges.js'
import { type MethodName, methods } from '../../wire/methods.js'
import { deniedOf, isOwnRole, jobDeniedOf, type UserName } from '../auth/authorization.js'
import { defaultDatabaseName } from '../database.js'
import { importJob } from './import-job.js'
import type { RequestWords } from './request-words.js'

/** A route needs what the RPC needs that does the same; one that is not here is for root and admins only. */
const methodNames: ReadonlyMap<string, MethodName> = new Map([
  ['/collections/list', 'ShowCollections'],
  ['/collections/describe', 'DescribeCollection'],
  ['/collections/has', 'HasCollection'],
  ['/collections/create', 'CreateCollection'],
  ['/collections/drop', 'DropCollection'],
  ['/collections/rename', 'RenameCollection'],
  ['/collections/truncate', 'TruncateCollection'],
  ['/collections/load', 'LoadCollection'],
  ['/collections/refresh_load', 'LoadCollection'],
  ['/collections/release', 'ReleaseCollection'],
  ['/collections/get_stats', 'GetCollectionStatistics'],
  ['/collections/get_load_state', 'GetLoadState'],
  ['/collections/flush', 'Flush'],
  ['/collections/compact', 'ManualCompaction'],
  ['/collections/get_compaction_state', 'GetCompactionState'],
  ['/collections/alter_properties', 'AlterCollection'],
  ['/collections/drop_properties', 'AlterCollection'],
  ['/collections/fields/add', 'AddCollectionField'],
  ['/collections/struct_fields/add', 'AddCollectionField'],
  ['/collections/fields/alter_properties', 'AlterCollectionField'],
  ['/collections/fields/drop', 'AlterCollectionSchema'],
  ['/entities/insert', 'Insert'],
  ['/entities/upsert', 'Upsert'],
  ['/entities/delete', 'Delete'],
  ['/entities/get', 'Query'],
  ['/entities/query', 'Query'],
  ['/entities/search', 'Search'],
  ['/entities/hybrid_search', 'HybridSearch'],
  ['/entities/advanced_search', 'HybridSearch'],
  ['/partitions/list', 'ShowPartitions'],
  ['/partitions/has', 'HasPartition'],
  ['/partitions/get_stats', 'GetPartitionStatistics'],
  ['/partitions/create', 'CreatePartition'],
  ['/partitions/drop', 'DropPartition'],
  ['/partitions/load', 'LoadPartitions'],
  ['/partitions/release', 'ReleasePartitions'],
  ['/indexes/list', 'DescribeIndex'],
  ['/indexes/describe', 'DescribeIndex'],
  ['/indexes/create', 'CreateIndex'],
  ['/indexes/drop', 'DropIndex'],
  ['/indexes/alter_properties', 'AlterIndex'],
  ['/indexes/drop_properties', 'AlterIndex'],
  ['/aliases/list', 'ListAliases'],
  ['/aliases/describe', 'DescribeAlias'],
  ['/aliases/create', 'CreateAlias'],
  ['/aliases/alter', 'AlterAlias'],
  ['/aliases/drop', 'DropAlias'],
  ['/databases/list', 'ListDatabases'],
  ['/databases/describe', 'DescribeDatabase'],
  ['/databases/create', 'CreateDatabase'],
  ['/databases/drop', 'DropDatabase'],
  ['/databases/alter', 'AlterDatabase'],
  ['/databases/alter_properties', 'AlterDatabase'],
  ['/databases/drop_properties', 'AlterDatabase'],
  ['/jobs/import/create', 'Import'],
  ['/jobs/import/list', 'ListImportTasks'],
  ['/segments/describe', 'GetPersistentSegmentInfo'],
  ['/quotacenter/describe', 'GetMetrics'],
  ['/collections/add_function', 'AddCollectionFunction'],
  ['/collections/alter_function', 'AlterCollectionFunction'],
  ['/collections/drop_function', 'DropCollectionFunction'],
  ['/collections/add_function_field', 'AlterCollectionSchema'],
  ['/collections/drop_function_field', 'AlterCollectionSchema'],
  ['/jobs/snapshot/restore_external', 'RestoreExternalSnapshot'],
  ['/jobs/snapshot/export', 'ExportSnapshot'],
  ['/jobs/snapshot/describe', 'GetRestoreSnapshotState'],
  ['/jobs/snapshot/list', 'ListRestoreSnapshotJobs'],
  ['/jobs/external_collection/refresh', 'RefreshExternalCollection'],
  ['/jobs/external_collection/describe', 'GetRefreshExternalCollectionProgress'],
  ['/jobs/external_collection/list', 'ListRefreshExternalCollectionJobs'],
  ['/file_resources/add', 'AddFileResource'],
  ['/file_resources/remove', 'RemoveFileResource'],
  ['/file_resources/list', 'ListFileResources'],
  ['/common/run_analyzer', 'RunAnalyzer'],
  ['/users/list', 'ListCredUsers'],
  ['/users/describe', 'SelectUser'],
  ['/users/create', 'CreateCredential'],
  ['/users/update_password', 'UpdateCredential'],
  ['/users/drop', 'DeleteCredential'],
  ['/users/grant_role', 'OperateUserRole'],
  ['/users/revoke_role', 'OperateUserRole'],
  ['/roles/list', 'SelectRole'],
  ['/roles/describe', 'SelectGrant'],
  ['/roles/create', 'CreateRole'],
  ['/roles/alter', 'AlterRole'],
  ['/roles/drop', 'DropRole'],
  ['/roles/grant_privilege', 'OperatePrivilege'],
  ['/roles/revoke_privilege', 'OperatePrivilege'],
  ['/roles/grant_privilege_v2', 'OperatePrivilegeV2'],
  ['/roles/revoke_privilege_v2', 'OperatePrivilegeV2'],
  ['/privilege_groups/list', 'ListPrivilegeGroups'],
  ['/privilege_groups/create', 'CreatePrivilegeGroup'],
  ['/privilege_groups/drop', 'DropPrivilegeGroup'],
  ['/privilege_groups/add_privileges_to_group', 'OperatePrivilegeGroup'],
  ['/privilege_groups/remove_privileges_from_group', 'OperatePrivilegeGroup'],
  ['/resource_groups/list', 'ListResourceGroups'],
  ['/resource_groups/describe', 'DescribeResourceGroup'],
  ['/resource_groups/create', 'CreateResourceGroup'],
  ['/resource_groups/alter', 'UpdateResourceGroups'],
  ['/resource_groups/drop', 'DropResourceGroup'],
  ['/resource_groups/transfer_replica', 'TransferReplica'],
])

/** Routes of one job: what its collection must allow. */
const jobPrivileges: ReadonlyMap<string, 'Import' | 'GetImportProgress'> = new Map([
  ['/jobs/import/describe', 'GetImportProgress'],
  ['/jobs/import/get_progress', 'GetImportProgress'],
  ['/jobs/import/commit', 'Import'],
  ['/jobs/import/abort', 'Import'],
  ['/jobs/import/cancel', 'Import'],
  ['/jobs/import/delete', 'Import'],
])

/** The error with which a caller of a route is refused, or null. @throws as `importJob` */
export function routeDeniedOf(
  engine: Engine,
  path: string,
  bodyText: string,
  { userName, dbName: headerName }: RequestWords,
): MillraceError | null {
  if (userName === null) return null
  const names = namesIn(bodyText)
  const jobPrivilege = jobPrivileges.get(path)
  if (jobPrivilege) return jobOfIdDeniedOf(engine, userName, names.jobId, jobPrivilege)
  const methodName = methodNames.get(path)
  if (methodName === 'SelectGrant' && isOwnRole(engine.access, userName, names.roleName))
    return null
  const { privilege } = methodName ? methods[methodName] : forAdmins
  const dbName = names.dbName || headerName || defaultDatabaseName
  return deniedOf(engine, userName, {
    privilege,
    objectNames: [privilege?.namedBy ? objectNameOf(privilege.objectType, names) : anyName],
    dbNames: names.newDbName === '' ? [dbName] : [dbName, names.newDbName],
  })
}

/** Whether a caller may follow the job of an id. @throws as `importJob` */
export function jobOfIdDeniedOf(
  engine: Engine,
  userName: UserName,
  jobId: string,
  privilege: 'Import' | 'GetImportProgress',
): MillraceError | null {
  if (userName === null) return null
  return jobDeniedOf(engine, userName, importJob(engine, jobId), privilege)
}

/** No grant has it. */
const forAdmins = { privilege: { name: 'OfAdmins', objectType: 'Global', namedBy: null } }

const nameKeys = ['dbName', 'newDbName', 'collectionName', 'userName', 'roleName', 'jobId'] as const

type Names = Readonly<Record<(typeof nameKeys)[number], string>>

/** What is no JSON is told by the route itself; it names nothing. */
function namesIn(bodyText: string): Names {
  const body = objectFrom(bodyText)
  const name = (key: string): string => (typeof body[key] === 'string' ? body[key] : '')
  return Object.fromEntries(nameKeys.map((key) => [key, name(key)])) as Names
}

function objectFrom(bodyText: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(bodyText))
  } catch {
    return {}
  }
}

function objectNameOf(objectType: string, { collectionName, userName }: Names): string {
  return objectType === 'User' ? userName : collectionName
}
