import { MillraceError } from '../errors.js'

export const defaultDatabaseName = 'default'

/**
 * The database that a request means: the first name given, else the default one, which is the only one
 * there is.
 * @throws databaseNotFound
 */
export function databaseNamed(...names: readonly (string | undefined)[]): string {
  const name = names.find((each) => each) ?? defaultDatabaseName
  if (name === defaultDatabaseName) return name
  throw new MillraceError('databaseNotFound', `database not found[database=${name}]`)
}
