/** A seeded Gaussian mixture: rows around `clusterCount` centers, all with the same spread. */
export function mixture(dim: number, clusterCount: number, seed: number) {
  const normal = normals(seed)
  const centers = Float32Array.from({ length: clusterCount * dim }, normal.next)
  return {
    rows(count: number): Float32Array {
      const values = new Float32Array(count * dim)
      for (let row = 0; row < count; row++) {
        const center = Math.floor(normal.uniform() * clusterCount) * dim
        for (let at = 0; at < dim; at++)
          values[row * dim + at] = centers[center + at] + normal.next()
      }
      return values
    },
    uniform: normal.uniform,
  }
}

function normals(seed: number) {
  let state = seed
  const uniform = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const next = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, next }
}
