import type { ByteSource } from '../../dist/source/byte-source.js'

/** A file that is bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    byteLength: bytes.length,
    fingerprint: 'memory',
    read(position, target) {
      const found = bytes.subarray(position, position + target.length)
      target.set(found)
      return found.length
    },
    close() {},
  }
}
