// Nodes are numbered so that near ones lie together: what a walk touches then lies in few pages,
// and threads that insert one neighborhood after the other find it in the cache. A row belongs to
// the nearest of 32 seeds, and there to the nearest of 32 more.
import { codeDistances, queryFromCode } from './hnsw-distances'
import { codeOf } from './hnsw-layout'

const fanout: u32 = 32

export function hnswSeedBytes(): usize {
  return <usize>(fanout * fanout + fanout) << 2
}

/**
 * Chooses seeds among `sampleCount` nodes that are `step` apart, whose codes exist.
 * @param seeds `hnswSeedBytes` bytes: nodes, those of the upper level first
 * @param query room for a query
 */
export function hnswChooseSeeds(seeds: usize, sampleCount: u32, step: u32, query: usize): void {
  const leaves = seeds + (<usize>fanout << 2)
  for (let seed: u32 = 0; seed < fanout; seed++) {
    const node = (seed % sampleCount) * step
    store<u32>(seeds + (<usize>seed << 2), node)
    for (let leaf: u32 = 0; leaf < fanout; leaf++) {
      store<u32>(leaves + (<usize>(seed * fanout + leaf) << 2), node)
    }
  }
  for (let sample: u32 = fanout; sample < sampleCount; sample++) {
    const node = sample * step
    queryFromCode(codeOf(node), query)
    const group = leaves + <usize>nearestOf(query, seeds) * (<usize>fanout << 2)
    store<u32>(group + (<usize>(sample / fanout % fanout) << 2), node)
  }
}

/** Writes the clusters, below 1,024, of the nodes `[first, end)`. */
export function hnswCluster(
  seeds: usize, first: u32, end: u32, clusters: usize, query: usize,
): void {
  for (let node = first; node < end; node++) {
    queryFromCode(codeOf(node), query)
    store<u32>(clusters + (<usize>node << 2), clusterOf(query, seeds))
  }
}

function clusterOf(query: usize, seeds: usize): u32 {
  const group = nearestOf(query, seeds)
  const leaves = seeds + ((<usize>fanout + <usize>group * fanout) << 2)
  return group * fanout + nearestOf(query, leaves)
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
