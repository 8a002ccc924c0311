/** Numbers that a seed gives, in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The run's seed: from the environment to repeat one, else from the clock. */
export function seedOfRun(): number {
  const given = process.env.MILLRACE_TEST_SEED
  return given === undefined ? Date.now() % 1_000_000_007 : Number(given)
}
