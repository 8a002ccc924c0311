import { describe, expect, it } from 'vitest'
import { hnswCodeKinds, type hnswKernelsOn } from '../../dist/kernels/hnsw-kernels.js'
import { randomFrom } from '../indexes/vectors.js'
import { kernelBuilds } from './kernel-builds.js'

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_535, shared: true })
const at = { index: 64, rows: 1 << 20, seeds: 2 << 20, clusters: 2500 * 1024, query: 3 << 20 }
const [fanout, rowCount, width, int8Element] = [32, 900, 5, 3]

type Nodes = readonly number[]

/** The first of the nearest: rows of bytes are their own codes. */
function nearestOf(rows: Int8Array, node: number, seeds: Nodes): number {
  const distances = seeds.map((seed) => {
    let sum = 0
    for (let component = 0; component < width; component++) {
      sum += (rows[node * width + component] - rows[seed * width + component]) ** 2
    }
    return sum
  })
  return distances.indexOf(Math.min(...distances))
}

/**
 * For each level its groups of seeds: 32 samples, then for each seed 32 more, those that are nearest to it, the
 * later ones in place of the first.
 */
function seedsOf(rows: Int8Array, levels: number, sampleCount: number, step: number): Nodes[][] {
  const top = Array.from({ length: fanout }, (_, seed) => (seed % sampleCount) * step)
  const groups: Nodes[][] = [[top]]
  while (groups.length < levels) {
    const seeds = groups.at(-1)!.flat()
    const below = seeds.map((node) => Array.from({ length: fanout }, () => node))
    for (let sample = fanout; sample < sampleCount; sample++) {
      const group = below[clusterOf(rows, sample * step, groups)]
      group[Math.floor(sample / fanout) % fanout] = sample * step
    }
    groups.push(below)
  }
  return groups
}

function clusterOf(rows: Int8Array, node: number, groups: readonly Nodes[][]): number {
  let cluster = 0
  for (const level of groups) {
    cluster = cluster * fanout + nearestOf(rows, node, level[cluster])
  }
  return cluster
}

const builds = kernelBuilds<ReturnType<typeof hnswKernelsOn>>(memory)

describe.each(builds)('the order of nodes of $file', ({ kernels }) => {
  for (const [sampleCount, step, levels] of [
    [rowCount, 1, 2],
    [300, 3, 2],
    [40, 7, 2],
    [10, 90, 2],
    [1, 1, 2],
    [rowCount, 1, 3],
    [40, 7, 3],
  ]) {
    it(`is by clusters around ${levels} levels of seeds of ${sampleCount} samples, as in the twin`, () => {
      const random = randomFrom(sampleCount)
      const rows = Int8Array.from({ length: rowCount * width }, () => random() * 100 - 50)
      new Uint8Array(memory.buffer).fill(0xaa)
      new Int8Array(memory.buffer, at.rows, rows.length).set(rows)
      const upperSlots = kernels.hnswUpperSlots(rowCount, 4)
      kernels.hnswCreate(at.index, hnswCodeKinds.squared8, width, 0, rowCount, 4, upperSlots)
      new Uint32Array(memory.buffer, kernels.hnswRows(), rowCount).forEach((_, node, numbers) => {
        numbers[node] = node
      })
      kernels.hnswEncode(int8Element, at.rows, 0, rowCount, at.query)
      kernels.hnswChooseSeeds(at.seeds, levels, sampleCount, step, at.query)
      kernels.hnswCluster(at.seeds, levels, 0, rowCount, at.clusters, at.query)
      const groups = seedsOf(rows, levels, sampleCount, step)
      const seeds = new Uint32Array(memory.buffer, at.seeds, kernels.hnswSeedBytes(levels) / 4)
      expect([...seeds]).toEqual(groups.flat(2))
      const clusters = Array.from({ length: rowCount }, (_, node) => clusterOf(rows, node, groups))
      expect([...new Uint32Array(memory.buffer, at.clusters, rowCount)]).toEqual(clusters)
    })
  }
})
