// Run by bench/index.ts in a process of its own.
// usage: index-memory.js DIRECTORY INDEX_FILE SPEC ROW_COUNT DIM
// Reads the rows of a VectorSet and an index of them, searches a little, and prints the bytes that this took.
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { familyNamed } from '#rooms/indexes/families.js'
import { indexTypes } from '#rooms/indexes/index-types.js'
import { heapPlaceBytes } from '#rooms/kernels/scan-kernels.js'
import { VectorMemory } from '#rooms/kernels/vector-memory.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { DataType } from '#rooms/schema/data-type.js'

const [directory, indexFile, specText, rowCountText, dimText] = process.argv.slice(2)
const spec = JSON.parse(specText)
const params = { ef: 64, nprobe: 8 }
const [rowCount, dim, k] = [Number(rowCountText), Number(dimText), 10]
const family = familyNamed(indexTypes[spec.indexType].family!)
const before = residentBytes()
const memory = new VectorMemory()
const rowsFile = join(directory, 'rows.f32')
const isInMemory = family.searchesVectors(spec, DataType.FloatVector)
const files = isInMemory ? [indexFile, rowsFile] : [indexFile]
const regions = memory.allocateTogether(files.map((file) => statSync(file).size))
for (const [at, file] of files.entries()) read(file, regions[at])
const [index, rows] = regions
search()
console.log(JSON.stringify({ bytes: residentBytes() - before }))

function read(file: string, region: VectorRegion): void {
  const bytes = memory.bytesOf(region)
  const descriptor = openSync(file, 'r')
  const block = new Uint8Array(1024 ** 2)
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(descriptor, block)
    bytes.set(block.subarray(0, count), at)
    at += count
  }
  closeSync(descriptor)
}

function search(): void {
  const bytes = readFileSync(join(directory, 'queries.f32'))
  const nq = Math.min(100, bytes.length / dim / 4)
  const take = (byteLength: number) => memory.allocateIn(index.memoryId, byteLength)
  const queries = take(nq * dim * 4)
  memory.bytesOf(queries).set(bytes.subarray(0, queries.byteLength))
  const job = {
    ...{ family: family.name, memoryId: index.memoryId, memory: index.memory },
    ...{ rowCount, dataType: DataType.FloatVector, dim, spec, params, nq, k },
    ...{ near: Number.NEGATIVE_INFINITY, firstId: 0, mask: 0 },
    ...{ index: index.byteOffset, vectors: rows?.byteOffset ?? 0 },
    file: isInMemory ? null : { path: rowsFile, byteOffset: 0, rowBytes: dim * 4 },
    ...{ queries: queries.byteOffset, heaps: take(nq * k * heapPlaceBytes).byteOffset },
  }
  const scratch = take(family.scratchBytes(job)).byteOffset
  family.search({ ...job, scratch }, { throwIfCancelled() {} })
}

/** Without pages of files. */
function residentBytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1])
  return (kib('RssAnon') + kib('RssShmem')) * 1024
}
