import type { Database } from './database.js'
import type { ImportOptions } from './import-options.js'
import { remoteDatabase } from './remote-database.js'
import { webHostsOf } from './web-hosts.js'

/** @param files names of which those that are URLs may be read */
export async function openDatabase(
  { place, s3 }: Pick<ImportOptions, 'place' | 's3'>,
  files: readonly string[],
): Promise<Database> {
  if ('address' in place) return remoteDatabase(place)
  // The engine is not loaded for a server's sake.
  const { openLocalDatabase } = await import('./local-database.js')
  return openLocalDatabase(place, s3, webHostsOf(files))
}
