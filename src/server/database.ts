import type { Engine } from '../engines/engine.js'

export const defaultDatabaseName = 'default'

/**
 * The database that a request means: the first name given, else the default one.
 * @throws databaseNotFound
 */
export function databaseNamed(
  { databases }: Engine,
  ...names: readonly (string | undefined)[]
): string {
  const name = names.find((each) => each) ?? defaultDatabaseName
  return name === defaultDatabaseName ? name : databases.describe(name).name
}
