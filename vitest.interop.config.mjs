import { defineConfig } from 'vitest/config'

/** One file after the other: each starts a server and real clients on a machine of maybe two cores. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
