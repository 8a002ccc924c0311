import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LaneName, WorkerPool } from '../../dist/workers/worker-job.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'

const errorsUrl = new URL('../../dist/errors.js', import.meta.url)
const giveWayUrl = new URL('../../dist/workers/give-way.js', import.meta.url)
const poolUrl = new URL('../../dist/workers/worker-pool.js', import.meta.url)

const jobSource = `
import { threadId } from 'node:worker_threads'
import { MillraceError } from '${errorsUrl.href}'
import { giveWay } from '${giveWayUrl.href}'
let runs = 0
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export async function run(input, context) {
  runs++
  switch (input.what) {
    case 'double': return input.value * 2
    case 'thread': await sleep(input.ms); return threadId
    case 'runs': return runs
    case 'fail': throw new MillraceError('importFailed', 'part.npy: row 3: expected 2, got 1', { file: 'part.npy', row: 3, field: 'vector' })
    case 'throw': throw new TypeError('not a number')
    case 'exit': process.exit(7)
    case 'uncaught': setTimeout(() => { throw new Error('out of thin air') }, 0); return sleep(10_000)
    case 'function': return () => 1
    case 'progress': for (let value = 1; value <= 3; value++) context.reportProgress(value); return null
    case 'transfer': { const bytes = new Uint8Array(8).fill(5); context.transfer(bytes.buffer); return bytes }
    case 'received': return input.bytes.byteLength
    case 'spin': { context.reportProgress(0); while (true) context.throwIfCancelled() }
    case 'worksFor': { const end = performance.now() + input.ms; while (performance.now() < end); const at = performance.now(); context.throwIfCancelled(); return performance.now() - at }
    case 'worksBelow': { const end = performance.now() + input.ms; while (performance.now() < end); const at = performance.now(); giveWay(); return performance.now() - at }
    case 'busy': { context.reportProgress(0); while (!context.isCancelled()); return 'done' }
  }
}
`

let directory: string
let module: URL
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-workers-'))
  writeFileSync(join(directory, 'job.mjs'), jobSource)
  module = pathToFileURL(join(directory, 'job.mjs'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let pool: WorkerPool
beforeEach(() => {
  pool = createWorkerPool(2)
})
afterEach(() => pool.close())

const lane = 'batch'

/** Starts a job that runs until it is cancelled; settles once it runs. */
async function startEndless(what: string, signal: AbortSignal, where: LaneName = lane) {
  let onProgress = () => {}
  const started = new Promise<void>((resolve) => {
    onProgress = resolve
  })
  const result = pool.run(module, { what }, { lane: where, signal, onProgress })
  result.catch(() => {})
  await started
  return { result }
}

describe('a job', () => {
  it('sends short jobs of one turn together, and tells each its own end', async () => {
    const short = { lane, isShort: true } as const
    const ends = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, value) =>
        pool.run(module, { what: 'double', value }, short),
      ),
      pool.run(module, { what: 'fail' }, short),
      pool.run(module, { what: 'double', value: 50 }, { lane }),
      pool.run(module, { what: 'double', value: 60 }, short),
    ])
    const values = ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.kind))
    const doubled = Array.from({ length: 20 }, (_, value) => value * 2)
    expect(values).toEqual([...doubled, 'importFailed', 100, 120])
  })

  it('ends only the short job whose caller gives up', async () => {
    const aborting = new AbortController()
    const short = { lane, isShort: true } as const
    const first = pool.run(
      module,
      { what: 'thread', ms: 100 },
      { ...short, signal: aborting.signal },
    )
    const second = pool.run(module, { what: 'double', value: 4 }, short)
    setTimeout(() => aborting.abort(), 50)
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' })
    expect(await second).toBe(8)
  })

  it('gives what its module returns', async () => {
    await expect(pool.run(module, { what: 'double', value: 21 }, { lane })).resolves.toBe(42)
  })

  it('keeps kind, message and place of a MillraceError', async () => {
    await expect(pool.run(module, { what: 'fail' }, { lane })).rejects.toMatchObject({
      name: 'MillraceError',
      kind: 'importFailed',
      code: 2100,
      message: 'part.npy: row 3: expected 2, got 1',
      place: { file: 'part.npy', row: 3, field: 'vector' },
    })
  })

  it('turns any other error into an unexpected one', async () => {
    await expect(pool.run(module, { what: 'throw' }, { lane })).rejects.toMatchObject({
      kind: 'unexpected',
      message: 'not a number',
    })
  })

  it('reports progress in order', async () => {
    const values: number[] = []
    const onProgress = (value: number) => values.push(value)
    await pool.run(module, { what: 'progress' }, { lane, onProgress })
    expect(values).toEqual([1, 2, 3])
  })

  it('moves buffers in both directions', async () => {
    const bytes = new Uint8Array(16)
    const transfer = [bytes.buffer]
    const received = await pool.run(module, { what: 'received', bytes }, { lane, transfer })
    expect(received).toBe(16)
    expect(bytes.byteLength).toBe(0)
    await expect(pool.run(module, { what: 'transfer' }, { lane })).resolves.toEqual(
      new Uint8Array(8).fill(5),
    )
  })

  it('fails when its input, its result or its module cannot be had, and the thread goes on', async () => {
    const input = { what: () => {} }
    await expect(pool.run(module, input, { lane })).rejects.toThrow(/could not be cloned/)
    await expect(pool.run(module, { what: 'function' }, { lane })).rejects.toThrow(/not be cloned/)
    const missing = new URL('./missing.mjs', module)
    await expect(pool.run(missing, {}, { lane })).rejects.toMatchObject({ kind: 'unexpected' })
    await expect(pool.run(module, { what: 'double', value: 1 }, { lane })).resolves.toBe(2)
  })
})

describe('the threads', () => {
  it('are as many as asked for, in each lane', async () => {
    const ask = (lane: 'batch' | 'interactive') =>
      Array.from({ length: 5 }, () => pool.run(module, { what: 'thread', ms: 20 }, { lane }))
    const batch = new Set(await Promise.all(ask('batch')))
    const interactive = new Set(await Promise.all(ask('interactive')))
    expect([batch.size, interactive.size]).toEqual([2, 2])
    expect(new Set([...batch, ...interactive]).size).toBe(4)
  })

  it('take short work at once, whatever long work there is', async () => {
    const stop = new AbortController()
    const { signal } = stop
    const long = (['batch', 'lengthy'] as const).flatMap((lane) =>
      Array.from({ length: 4 }, () => pool.run(module, { what: 'busy' }, { lane, signal })),
    )
    const ended = Promise.allSettled(long)
    const options = { lane: 'interactive' } as const
    await expect(pool.run(module, { what: 'double', value: 5 }, options)).resolves.toBe(10)
    stop.abort()
    await ended
  })

  it('load a module once', async () => {
    pool = createWorkerPool(1)
    await pool.run(module, { what: 'runs' }, { lane })
    await expect(pool.run(module, { what: 'runs' }, { lane })).resolves.toBe(2)
  })

  it.each([
    ['exit', /job\.mjs died: it left with code 7/],
    ['uncaught', /job\.mjs died: out of thin air/],
  ])('fail their job when they die by %s, and are replaced', async (what, message) => {
    pool = createWorkerPool(1)
    const failed = pool.run(module, { what }, { lane })
    const next = pool.run(module, { what: 'double', value: 4 }, { lane })
    await expect(failed).rejects.toThrow(message)
    await expect(next).resolves.toBe(8)
  })

  it('keep a process alive while they work, and not after it', () => {
    const program = `
      import { createWorkerPool } from '${poolUrl.href}'
      const pool = createWorkerPool(1)
      console.log(await pool.run(new URL('${module.href}'), { what: 'double', value: 3 }, { lane: 'batch' }))`
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 5000 },
    )
    expect({ stdout, status }).toEqual({ stdout: '6\n', status: 0 })
  })
})

describe('long work', () => {
  it('gives way to short work, but in the interactive lane', async () => {
    const controller = new AbortController()
    const { result } = await startEndless('busy', controller.signal, 'interactive')
    const paused = (lane: LaneName) =>
      pool.run<object, number>(module, { what: 'worksFor', ms: 3 }, { lane })
    expect(await paused('batch')).toBeGreaterThan(2.9)
    expect(await paused('lengthy')).toBeGreaterThan(2.9)
    expect(await paused('interactive')).toBeLessThan(2.9)
    controller.abort()
    await expect(result).rejects.toMatchObject({ kind: 'cancelled' })
  })

  it('gives way below the job, too', async () => {
    const controller = new AbortController()
    const { result } = await startEndless('busy', controller.signal, 'interactive')
    const paused = (lane: LaneName) =>
      pool.run<object, number>(module, { what: 'worksBelow', ms: 3 }, { lane })
    expect(await paused('batch')).toBeGreaterThan(2.9)
    expect(await paused('interactive')).toBeLessThan(2.9)
    controller.abort()
    await expect(result).rejects.toMatchObject({ kind: 'cancelled' })
  })
})

describe('an aborted signal', () => {
  it('refuses a new job', async () => {
    const signal = AbortSignal.abort()
    await expect(pool.run(module, { what: 'runs' }, { lane, signal })).rejects.toMatchObject({
      kind: 'cancelled',
    })
  })

  it('may be shared by many jobs without a warning', async () => {
    const warnings: Error[] = []
    const keep = (warning: Error) => warnings.push(warning)
    process.on('warning', keep)
    const { signal } = new AbortController()
    const job = () => pool.run(module, { what: 'double', value: 1 }, { lane, signal })
    await Promise.all(Array.from({ length: 40 }, job))
    process.off('warning', keep)
    expect(warnings).toEqual([])
  })

  it('reaches a job that never gives its thread back', async () => {
    const controller = new AbortController()
    const { result } = await startEndless('spin', controller.signal)
    controller.abort()
    await expect(result).rejects.toMatchObject({ kind: 'cancelled' })
  })

  it('makes a job fail as cancelled that ended well after it', async () => {
    const controller = new AbortController()
    const { result } = await startEndless('busy', controller.signal)
    controller.abort()
    await expect(result).rejects.toMatchObject({ kind: 'cancelled' })
  })

  it('takes a waiting job out of the queue', async () => {
    pool = createWorkerPool(1)
    const running = new AbortController()
    const waiting = new AbortController()
    const { result } = await startEndless('busy', running.signal)
    const queued = pool.run(module, { what: 'runs' }, { lane, signal: waiting.signal })
    waiting.abort()
    await expect(queued).rejects.toMatchObject({ kind: 'cancelled' })
    running.abort()
    await expect(result).rejects.toMatchObject({ kind: 'cancelled' })
    await expect(pool.run(module, { what: 'runs' }, { lane })).resolves.toBe(2)
  })
})

describe('a short job', () => {
  it('never runs once its caller has given up while it waited', async () => {
    pool = createWorkerPool(1)
    const aborting = new AbortController()
    const { signal } = aborting
    const first = pool.run(module, { what: 'thread', ms: 50 }, { lane })
    const runs = () => pool.run(module, { what: 'runs' }, { lane, isShort: true })
    const given = pool.run(module, { what: 'runs' }, { lane, isShort: true, signal })
    const kept = runs()
    aborting.abort()
    await expect(given).rejects.toMatchObject({ kind: 'cancelled' })
    await first
    await expect(kept).resolves.toBe(2)
  })
})

describe('close', () => {
  it('waits for running jobs, and refuses waiting and new ones', async () => {
    pool = createWorkerPool(1)
    const running = pool.run(module, { what: 'thread', ms: 60 }, { lane })
    const waiting = pool.run(module, { what: 'runs' }, { lane })
    const refused = expect(waiting).rejects.toMatchObject({ kind: 'serviceUnavailable' })
    await pool.close()
    await expect(running).resolves.toBeGreaterThan(0)
    await refused
    await expect(pool.run(module, { what: 'runs' }, { lane })).rejects.toMatchObject({
      kind: 'serviceUnavailable',
    })
  })
})
