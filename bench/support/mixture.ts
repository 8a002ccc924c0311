/** A seeded Gaussian mixture: rows around `clusterCount` centers, all with the same spread. */
export function mixture(dim: number, clusterCount: number, seed: number) {
  const uniform = seededUniform(seed)
  const next = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const centers = Float32Array.from({ length: clusterCount * dim }, next)
  return {
    /** @param clusters takes the number of each row's center */
    rows(count: number, clusters?: Uint32Array): Float32Array {
      const values = new Float32Array(count * dim)
      for (let row = 0; row < count; row++) {
        const cluster = Math.floor(uniform() * clusterCount)
        if (clusters) clusters[row] = cluster
        const center = cluster * dim
        for (let at = 0; at < dim; at++) values[row * dim + at] = centers[center + at] + next()
      }
      return values
    },
    uniform,
  }
}

/** Numbers in [0, 1), the same on every machine. */
export function seededUniform(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
