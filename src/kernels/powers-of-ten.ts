const exponentMax = 250

/** Writes the table by which kernels read numbers: the doubles next to 10^-250 up to 10^250. */
export function writePowersOfTen(memory: WebAssembly.Memory, address: number): void {
  powers ??= Float64Array.from({ length: 2 * exponentMax + 1 }, (_, index) =>
    Number(`1e${index - exponentMax}`),
  )
  new Float64Array(memory.buffer, address, powers.length).set(powers)
}

let powers: Float64Array | undefined
