/** A sample of all rows, which get the lists that they have in it. */
export interface SpreadListsInput {
  readonly memory: WebAssembly.Memory
  /** The row of each of the sample, and its list, uint32. */
  readonly ids: number
  readonly lists: number
  readonly sampleCount: number
  readonly rowCount: number
  /** Filled: the list of each row, uint32. */
  readonly rowLists: number
}

export function run({ memory, sampleCount, rowCount, ...at }: SpreadListsInput): void {
  const ids = new Uint32Array(memory.buffer, at.ids, sampleCount)
  const lists = new Uint32Array(memory.buffer, at.lists, sampleCount)
  const rowLists = new Uint32Array(memory.buffer, at.rowLists, rowCount)
  for (const [index, row] of ids.entries()) rowLists[row] = lists[index]
}
