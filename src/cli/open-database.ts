import type { Database } from './database.js'
import type { ImportOptions } from './import-options.js'
import { remoteDatabase } from './remote-database.js'

/** @param files names of which those that are URLs may be read */
export async function openDatabase(
  place: ImportOptions['place'],
  files: readonly string[],
): Promise<Database> {
  if ('address' in place) return remoteDatabase(place.address)
  const webHosts = files.flatMap((name) =>
    /^https?:\/\//i.test(name) && URL.canParse(name) ? [new URL(name).host] : [],
  )
  // The engine is not loaded for a server's sake.
  const { openLocalDatabase } = await import('./local-database.js')
  return openLocalDatabase(place.data, webHosts)
}
