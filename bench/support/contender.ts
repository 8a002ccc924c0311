/** What is measured: an index of the rows of a `VectorSet`. */
export interface Contender {
  readonly name: string
  /** What it can be asked to do for recall, rising: ef of a graph, nprobe of an inverted file. */
  readonly efforts: readonly number[]
  /** @returns seconds; NaN: it is left out */
  build(): Promise<number>
  /**
   * One query after the other by one thread.
   * @param mask a name that the set knows; 'all': none
   */
  search(effort: number, mask: string): Promise<SearchFigures>
  /** Queries that are asked for together. @returns a second; NaN where it cannot */
  batch(effort: number, mask: string, threadCount: number, count: number): Promise<number>
  /** Bytes that a fresh process takes until it answers queries; NaN where it is left out. */
  residentBytes(): Promise<number>
  close(): Promise<void>
}

export interface SearchFigures {
  readonly recall: number
  readonly queriesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of all threads of the process, for a query. */
  readonly cpuMs: number
  readonly queryCount: number
}

export const graphEfforts = [10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 512]
export const listEfforts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256]

export function figuresFrom(
  recall: number,
  latenciesMs: readonly number[],
  cpuMs = Number.NaN,
): SearchFigures {
  const sorted = [...latenciesMs].sort((left, right) => left - right)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]
  const totalMs = sorted.reduce((sum, value) => sum + value, 0)
  const queriesPerSecond = (1000 * sorted.length) / totalMs
  const queryCount = sorted.length
  return { recall, queriesPerSecond, p50Ms: at(0.5), p99Ms: at(0.99), cpuMs, queryCount }
}
