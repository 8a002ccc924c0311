// Nodes are numbered so that near ones lie together: what a walk touches then lies in few pages,
// and threads that insert one neighborhood after the other find it in the cache. A row belongs to
// the nearest of 32 seeds, there to the nearest of 32 more, and so on for two or three levels.
import { codeDistances, queryFromCode } from './hnsw-distances'
import { codeOf } from './hnsw-layout'

const fanout: u32 = 32

/** u32 for each seed: those of the upper level first, then group after group those of the next. */
export function hnswSeedBytes(levels: u32): usize {
  return levelAt(0, levels)
}

/**
 * Chooses seeds among `sampleCount` nodes that are `step` apart, whose codes exist.
 * @param seeds `hnswSeedBytes` bytes for the nodes
 * @param query room for a query
 */
export function hnswChooseSeeds(
  seeds: usize, levels: u32, sampleCount: u32, step: u32, query: usize,
): void {
  for (let seed: u32 = 0; seed < fanout; seed++) {
    store<u32>(seeds + (<usize>seed << 2), (seed % sampleCount) * step)
  }
  for (let level: u32 = 1; level < levels; level++) chooseBelow(seeds, level, sampleCount, step, query)
}

/** A group has the node of the seed above it in all places, until a sample near that seed takes one. */
function chooseBelow(seeds: usize, level: u32, sampleCount: u32, step: u32, query: usize): void {
  const above = levelAt(seeds, level - 1)
  const groups = levelAt(seeds, level)
  for (let at = groups; at < levelAt(seeds, level + 1); at += 4) {
    const place = (at - groups) >> 2
    store<u32>(at, load<u32>(above + (place / fanout << 2)))
  }
  for (let sample: u32 = fanout; sample < sampleCount; sample++) {
    const node = sample * step
    queryFromCode(codeOf(node), query)
    const group = groups + <usize>clusterOf(query, seeds, level) * (<usize>fanout << 2)
    store<u32>(group + (<usize>(sample / fanout % fanout) << 2), node)
  }
}

/** Writes the clusters of the nodes `[first, end)`: below 32 to the power of `levels`. */
export function hnswCluster(
  seeds: usize, levels: u32, first: u32, end: u32, clusters: usize, query: usize,
): void {
  for (let node = first; node < end; node++) {
    queryFromCode(codeOf(node), query)
    store<u32>(clusters + (<usize>node << 2), clusterOf(query, seeds, levels))
  }
}

/** By so many levels of seeds. */
function clusterOf(query: usize, seeds: usize, levels: u32): u32 {
  let cluster: u32 = 0
  for (let level: u32 = 0; level < levels; level++) {
    const group = levelAt(seeds, level) + <usize>cluster * (<usize>fanout << 2)
    cluster = cluster * fanout + nearestOf(query, group)
  }
  return cluster
}

/** Where the seeds of a level begin. */
function levelAt(seeds: usize, level: u32): usize {
  let count: usize = 0
  for (let above: u32 = 0; above < level; above++) count = (count + 1) * fanout
  return seeds + (count << 2)
}

function nearestOf(query: usize, list: usize): u32 {
  let nearest: u32 = 0, least = u32.MAX_VALUE
  for (let seed: u32 = 0; seed < fanout; seed += 4) {
    const at = list + (<usize>seed << 2)
    const found = codeDistances(
      query,
      codeOf(load<u32>(at)), codeOf(load<u32>(at, 4)),
      codeOf(load<u32>(at, 8)), codeOf(load<u32>(at, 12)),
    )
    for (let lane: u32 = 0; lane < 4; lane++) {
      const distance = laneOf(found, lane)
      if (distance >= least) continue
      least = distance
      nearest = seed + lane
    }
  }
  return nearest
}

@inline
function laneOf(v: v128, lane: u32): u32 {
  if (lane == 0) return i32x4.extract_lane(v, 0)
  if (lane == 1) return i32x4.extract_lane(v, 1)
  return lane == 2 ? i32x4.extract_lane(v, 2) : i32x4.extract_lane(v, 3)
}
