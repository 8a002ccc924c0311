import type { ByteSource, SourceAddress } from './byte-source.js'
import { readHttpRange } from './http-ranges.js'
import { openLocalSource } from './local-source.js'
import { RangedSource } from './ranged-source.js'
import { s3Objects } from './s3-objects.js'

/**
 * Opens a file at an address that was resolved before, here or in another thread.
 * @throws importFailed where a local file is gone, or is no longer what was found
 */
export async function openSource(address: SourceAddress): Promise<ByteSource> {
  switch (address.kind) {
    case 'local':
    case 'spooled':
      return openLocalSource(address)
    case 's3': {
      const objects = await s3Objects(address.access)
      return new RangedSource(address.name, address, (begin, length, signal) =>
        objects.readRange(address, begin, length, signal),
      )
    }
    case 'http': {
      const place = { url: address.name, hosts: address.hosts }
      return new RangedSource(address.name, address, (begin, length, signal) =>
        readHttpRange(place, address, begin, length, signal),
      )
    }
  }
}
