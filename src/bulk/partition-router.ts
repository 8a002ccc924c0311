import type { BytesColumn, Column, FixedColumn } from '../column/column.js'

/**
 * The rows of a batch by the partition that their key's hash names, `partitionCount` lists of row offsets.
 * The hash is ours: equal keys share a partition on this server, whatever way they came in.
 */
export function rowsByPartition(
  keys: Column,
  rowCount: number,
  partitionCount: number,
): Int32Array[] {
  const partitions = new Uint32Array(rowCount)
  const counts = new Int32Array(partitionCount)
  for (let row = 0; row < rowCount; row++) {
    const partition = hashOfRow(keys, row) % partitionCount
    partitions[row] = partition
    counts[partition]++
  }
  const rows = Array.from(counts, (count) => new Int32Array(count))
  const filled = new Int32Array(partitionCount)
  for (let row = 0; row < rowCount; row++) {
    const partition = partitions[row]
    rows[partition][filled[partition]++] = row
  }
  return rows
}

function hashOfRow(keys: Column, row: number): number {
  if (keys.shape === 'bytes') return hashOfBytes(keys, row)
  const { values } = keys as FixedColumn
  const key = (values as BigInt64Array)[row]
  return mixed(mixed(Number(key & 0xffffffffn)) ^ Number((key >> 32n) & 0xffffffffn))
}

/** FNV-1a, with its low bits mixed. */
function hashOfBytes({ bytes, offsets }: BytesColumn, row: number): number {
  let hash = 0x811c9dc5
  for (let at = offsets[row]; at < offsets[row + 1]; at++) {
    hash = Math.imul(hash ^ bytes[at], 0x01000193)
  }
  return mixed(hash)
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return (mix ^ (mix >>> 16)) >>> 0
}
