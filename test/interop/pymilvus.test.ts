import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askWith, pythons, runPython } from './python.js'
import { ServedMillrace } from './served-millrace.js'

for (const [name, python = ''] of Object.entries(pythons)) {
  describe.skipIf(python === '')(`${name} (needs python3 with venv)`, () => {
    let server: ServedMillrace

    beforeAll(async () => {
      server = await ServedMillrace.start()
    })
    afterAll(() => server?.stop())

    it('runs the bulk-insert example letter for letter, and everything after it', async () => {
      const { pymilvus, printed } = await askWith(python, 'seed_example.py', server)
      expect(name).toContain(pymilvus)
      expect(printed).toMatch(/^<Bulk insert state:\n {4}- taskID {10}: \d{18},\n/)
    })

    it('serves MilvusClient, which sees an import the moment it is Completed', async () => {
      expect(await askWith(python, 'milvus_client.py', server)).toMatchObject({ rows: 2_000 })
    })

    it('searches by range, page by page, by groups, by ids and by several vectors', async () => {
      expect(name).toContain((await askWith(python, 'searches.py', server)).pymilvus)
    })

    it('is told the ranges of auto ids', async () => {
      expect(await askWith(python, 'auto_ids.py', server)).toEqual({ ids: 500 })
    })

    it('serves the ORM databases, aliases, upserts and what it asks of a cluster', async () => {
      await expect(askWith(python, 'catalog_orm.py', server)).resolves.toBeDefined()
    })

    it('raises MilvusException with Milvus codes', async () => {
      const { missing } = await askWith(python, 'errors.py', server)
      expect(missing).toContain('errors/nowhere/id.npy')
    })
  })
}

const newestPython = pythons['pymilvus 3.0.2'] ?? ''

describe.skipIf(newestPython === '')('the newest MilvusClient (needs python3 with venv)', () => {
  it('changes collections, their fields, aliases and databases', async () => {
    const server = await ServedMillrace.start()
    try {
      await expect(askWith(newestPython, 'catalog_client.py', server)).resolves.toBeDefined()
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('snapshots (needs python3 with venv)', () => {
  it('are made, restored, pinned and dropped by the newest MilvusClient', async () => {
    const server = await ServedMillrace.start()
    try {
      await expect(askWith(newestPython, 'snapshots.py', server)).resolves.toBeDefined()
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('pymilvus.bulk_writer (needs python3 with venv)', () => {
  it('runs jobs over REST', async () => {
    const server = await ServedMillrace.start()
    try {
      expect(await askWith(newestPython, 'rest_jobs.py', server)).toEqual({ jobs: 4 })
    } finally {
      await server.stop()
    }
  })

  it('writes every type in every file type, which is read back', { timeout: 400_000 }, async () => {
    const server = await ServedMillrace.start()
    try {
      const { done, notWritten } = await askWith(newestPython, 'bulk_writer.py', server)
      expect(done).toBeGreaterThan(150)
      // It writes no lists of varying length, sparse vectors and nulls for numpy, nor nulls of 16-bit floats.
      const isKnown = /^npy: |float16 vector(?: of numpy)?, nullable$/
      for (const what of Object.keys(notWritten as object)) expect(what).toMatch(isKnown)
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('newer vectors (needs python3 with venv)', () => {
  it('of 16-bit floats, of bytes and sparse ones are searched', async () => {
    const server = await ServedMillrace.start()
    try {
      const { pymilvus } = await askWith(newestPython, 'vector_types.py', server)
      expect(pymilvus).toBe('3.0.2')
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('struct arrays (needs python3 with venv)', () => {
  it('are kept, searched by lists of vectors, and imported as the bulk writer leaves them', async () => {
    const server = await ServedMillrace.start()
    try {
      const { pymilvus } = await askWith(newestPython, 'struct_arrays.py', server)
      expect(pymilvus).toBe('3.0.2')
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('geometries (needs python3 with venv)', () => {
  it('are found by every function, growing, sealed and by an RTREE index, and refused', async () => {
    const server = await ServedMillrace.start()
    try {
      const { pymilvus } = await askWith(newestPython, 'geometry.py', server)
      expect(pymilvus).toBe('3.0.2')
    } finally {
      await server.stop()
    }
  })
})

describe.skipIf(newestPython === '')('pyarrow (needs python3 with venv)', () => {
  it('opens every segment file as it lies', async () => {
    const server = await ServedMillrace.start()
    try {
      await askWith(newestPython, 'leave_segments.py', server)
      const args = ['--data', server.dataDirectory]
      const output = await runPython(newestPython, 'test/interop/python/open_segments.py', ...args)
      const { segments } = JSON.parse(output) as { segments: { rows: number; columns: string[] }[] }
      expect(segments.reduce((rows, segment) => rows + segment.rows, 0)).toBe(3_000)
      for (const { columns } of segments)
        expect(columns).toEqual(expect.arrayContaining(['id', 'vector', 'name']))
    } finally {
      await server.stop()
    }
  })
})
