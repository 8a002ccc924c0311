import type { AccessCatalog } from '../../engines/access.js'
import { anyName } from '../../schema/privileges.js'
import type { Method } from '../../wire/methods.js'
import type { Request } from '../grpc/call.js'
import { type Intent, isOwnRole } from './authorization.js'

/**
 * What a call of gRPC is about.
 * @param dbName the one that the call works in, whether it is there or not
 */
export function intentOf(method: Method, request: object, dbName: string): Intent {
  const { privilege } = method
  return {
    privilege,
    objectNames: privilege?.namedBy ? namesIn(request, privilege.namedBy) : [anyName],
    dbNames: [dbName, ...otherDatabases(method, request)],
  }
}

/** Whether a call asks for no more than what the caller's own roles may. */
export function asksForOwnRole(
  access: AccessCatalog,
  userName: string,
  { name }: Method,
  request: object,
): boolean {
  if (name !== 'SelectGrant') return false
  const { entity } = request as Request<'SelectGrant'>
  return isOwnRole(access, userName, entity?.role?.name ?? '')
}

/** A field is a name, names, or a message with a name. */
function namesIn(request: object, field: string): readonly string[] {
  const value = (request as Readonly<Record<string, unknown>>)[field]
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'string') return [value]
  const named = value as { readonly name?: string } | null
  return [named?.name || anyName]
}

/** A collection that is moved to another database is a matter of both, as is one restored into it; a flush may name several. */
function otherDatabases({ name }: Method, request: object): string[] {
  if (name === 'FlushAll') {
    const { flush_targets } = request as Request<'FlushAll'>
    return flush_targets.map(({ db_name }) => db_name).filter((dbName) => dbName !== '')
  }
  if (name === 'RestoreSnapshot') {
    const { target_db_name } = request as Request<'RestoreSnapshot'>
    return target_db_name ? [target_db_name] : []
  }
  if (name !== 'RenameCollection') return []
  const { newDBName } = request as Request<'RenameCollection'>
  return newDBName ? [newDBName] : []
}
