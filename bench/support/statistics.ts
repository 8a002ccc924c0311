export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** `0.42 s (0.40–0.47)`: the median, and the least and greatest. */
export function spread(seconds: readonly number[]): string {
  const text = (value: number) => (value < 10 ? value.toFixed(3) : value.toFixed(1))
  const range = `${text(Math.min(...seconds))}–${text(Math.max(...seconds))}`
  return `${text(median(seconds))} s (${range})`
}
