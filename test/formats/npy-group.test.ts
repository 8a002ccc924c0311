import { describe, expect, it } from 'vitest'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { formatOf } from '../../dist/formats/registry.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { memorySource } from './memory-source.js'
import { failureOf, field, npy, npyFile, npyStart, openRows, outline, rowsOf } from './npy-files.js'

const id = field('id', DataType.Int64, { isPrimaryKey: true })
const vector = field('vector', DataType.FloatVector, { dim: 8 })
const fields = [id, vector]
const ids = (rows: number) =>
  npyBytes(BigInt64Array.from({ length: rows }, (_, row) => BigInt(row)))
const vectors = (rows: number, dim = 8) => npyBytes(new Float32Array(rows * dim), [rows, dim])
const good = { 'in/id.npy': ids(100), 'in/vector.npy': vectors(100) }

describe('a set of files', () => {
  it('is told by its headers: rows and bytes', async () => {
    expect(await outline(good, fields)).toEqual({
      rowCount: 100,
      bytesTotal: good['in/id.npy'].byteLength + good['in/vector.npy'].byteLength,
      warnings: [],
    })
  })

  it('may have no rows', async () => {
    const files = { 'id.npy': ids(0), 'vector.npy': vectors(0) }
    expect((await outline(files, fields)).rowCount).toBe(0)
    expect(await rowsOf(files, fields)).toEqual({ id: [], vector: [] })
  })

  it('may lie in several folders, and have names in capitals', async () => {
    const files = { 'a/id.NPY': ids(2), '/b/c.d/vector.Npy': vectors(2) }
    expect((await outline(files, fields)).rowCount).toBe(2)
  })

  it('ignores a file without a field, with a warning', async () => {
    const files = { ...good, 'in/extra.npy': Buffer.from('not even numpy') }
    const { warnings, bytesTotal } = await outline(files, fields)
    expect(warnings).toEqual([
      "the file 'in/extra.npy' has no corresponding field in collection and was ignored",
    ])
    expect(bytesTotal).toBe((await outline(good, fields)).bytesTotal)
    expect((await rowsOf(files, fields)).id).toHaveLength(100)
  })

  it('fills what it leaves out: the default, an empty object for $meta, else null', async () => {
    const list = { elementType: DataType.VarChar, nullable: true, maxCapacity: 3 }
    const filled = [
      field('long', DataType.Int64, { defaultValue: 2n ** 60n, nullable: true }),
      field('flag', DataType.Bool, { defaultValue: true }),
      field('double', DataType.Double, { defaultValue: 0.5 }),
      field('text', DataType.VarChar, { defaultValue: 'né' }),
      field('none', DataType.VarChar, { nullable: true }),
      field('list', DataType.Array, list),
      field('maybe', DataType.FloatVector, { nullable: true, dim: 2 }),
      field('$meta', DataType.JSON, { isDynamic: true }),
    ]
    const rows = await rowsOf({ 'id.npy': ids(3) }, [id, ...filled])
    const three = (value: unknown) => [value, value, value]
    expect(rows).toEqual({
      id: [0n, 1n, 2n],
      long: three(2n ** 60n),
      flag: three(1),
      double: three(0.5),
      text: three('né'),
      none: three(null),
      list: three(null),
      maybe: three(null),
      $meta: three('{}'),
    })
  })

  it('may give $meta', async () => {
    const meta = field('$meta', DataType.JSON, { isDynamic: true })
    const texts = npyFile({ descr: '<U9', shape: [2], items: ['{"a": 1}', '{}'] })
    const rows = await rowsOf({ 'id.npy': ids(2), 'in/$meta.npy': texts }, [id, meta])
    expect(rows.$meta).toEqual(['{"a": 1}', '{}'])
  })
})

describe('a set of files that is refused', () => {
  it.each<[string, Record<string, Uint8Array>, readonly Field[], object, string]>([
    [
      'no file for a field',
      { 'in/id.npy': ids(100) },
      fields,
      { field: 'vector' },
      "field 'vector': expected a file 'vector.npy', got 'in/id.npy': no file for field: vector: there is no file corresponding to field 'vector'",
    ],
    [
      'two files of one name',
      { ...good, 'b/id.npy': ids(100) },
      fields,
      { file: 'b/id.npy', field: 'id' },
      "b/id.npy: field 'id': expected one file a field, got this one and 'in/id.npy': duplicate file: 'b/id.npy'",
    ],
    [
      'two files of one name in other letters',
      { ...good, 'in/id.NPY': ids(100) },
      fields,
      { file: 'in/id.NPY', field: 'id' },
      "duplicate file: 'in/id.NPY'",
    ],
    [
      'another number of rows',
      { 'a/id.npy': ids(100), 'b/vector.npy': vectors(50) },
      fields,
      { file: 'b/vector.npy', field: 'vector' },
      "b/vector.npy: field 'vector': expected 100 rows as in 'a/id.npy', got 50: imported rows are not aligned, field 'id' with '100' rows, field 'vector' with '50' rows: the row count(100) of file 'id.npy' is not equal to row count(50) of file 'vector.npy'",
    ],
    [
      'no file of any field',
      { 'x.npy': ids(1) },
      [field('a', DataType.Int8, { nullable: true })],
      {},
      "expected a file of at least one field, got 'x.npy'",
    ],
  ])('for %s', async (_why, files, wanted, place, message) => {
    const failure = await failureOf(outline(files, wanted))
    expect(failure.kind).toBe('importFailed')
    expect(failure.place).toEqual(place)
    expect(failure.message).toContain(message)
  })

  it('for a file of an auto id or of a function output', async () => {
    const auto = field('id', DataType.Int64, { isPrimaryKey: true, autoId: true })
    const failure = await failureOf(outline(good, [vector], [auto]))
    expect(failure.place).toEqual({ file: 'in/id.npy', field: 'id' })
    expect(failure.message).toContain(
      "the primary key 'id' is auto-generated, no need to provide, but the file 'in/id.npy' has it",
    )
    const output = field('sparse', DataType.SparseFloatVector, { isFunctionOutput: true })
    const files = { ...good, 'sparse.npy': ids(100) }
    expect((await failureOf(outline(files, fields, [output]))).message).toContain(
      "not allowed to provide data for function output field 'sparse'",
    )
    const vectorOnly = { 'vector.npy': vectors(100) }
    expect((await outline(vectorOnly, [vector], [auto])).rowCount).toBe(100)
  })
})

describe('a file that does not fit its field', () => {
  const int32 = npyBytes(new Int32Array(100))
  const double = npyBytes(new Float64Array(100))
  const vectorOf = (type: DataType, dim: number) => field('x', type, { dim })
  it.each<[string, Uint8Array, Field, string]>([
    [
      'f8 for Int64',
      double,
      field('x', DataType.Int64),
      "expected a file of i8 or i4 or i2 or i1 or u8 or u4 or u2 or u1 for type Int64, got '<f8': expected element type 'Int64' for field 'x', got type 'Double': illegal data type Double of numpy file for scalar field 'x' with type Int64",
    ],
    [
      'i8 for Int16',
      ids(100),
      field('x', DataType.Int16),
      "illegal data type Int64 of numpy file for scalar field 'x' with type Int16",
    ],
    [
      'u4 for Int32',
      npyBytes(new Uint32Array(100)),
      field('x', DataType.Int32),
      "illegal data type UInt32 of numpy file for scalar field 'x' with type Int32",
    ],
    [
      'f8 for Float',
      double,
      field('x', DataType.Float),
      "illegal data type Double of numpy file for scalar field 'x' with type Float",
    ],
    [
      'u1 for Bool',
      npyBytes(new Uint8Array(100)),
      field('x', DataType.Bool),
      "illegal data type UInt8 of numpy file for scalar field 'x' with type Bool",
    ],
    [
      'i4 for VarChar',
      int32,
      field('x', DataType.VarChar),
      "illegal data type Int32 of numpy file for scalar field 'x' with type VarChar",
    ],
    [
      'i8 for FloatVector',
      npyBytes(new BigInt64Array(800), [100, 8]),
      vectorOf(DataType.FloatVector, 8),
      "illegal data type Int64 of numpy file for float vector field 'x'",
    ],
    [
      'f2 for BFloat16Vector',
      npyFile({ descr: '<f2', shape: [1, 2], items: [0, 0] }),
      vectorOf(DataType.BFloat16Vector, 2),
      "illegal data type Float16 of numpy file for bfloat16 vector field 'x'",
    ],
    [
      'rows of 4 for a dim of 8',
      vectors(100, 4),
      vectorOf(DataType.FloatVector, 8),
      "expected 8 items a row, got 4: expected dim '8' for FloatVector field 'x', got dim '4': illegal dimension 4 of numpy file for float vector field 'x', dimension should be 8",
    ],
    [
      'rows of 4 bytes for a binary dim of 64',
      npyBytes(new Uint8Array(400), [100, 4]),
      vectorOf(DataType.BinaryVector, 64),
      "expected 8 items a row, got 4: expected dim '64' for BinaryVector field 'x', got dim '32': illegal dimension 32 of numpy file for binary vector field 'x', dimension should be 64",
    ],
    [
      'rows of 8 bytes for a float16 dim of 8',
      npyBytes(new Uint8Array(800), [100, 8]),
      vectorOf(DataType.Float16Vector, 8),
      "illegal dimension 4 of numpy file for float16 vector field 'x', dimension should be 8",
    ],
    [
      'one dimension for a vector',
      npyBytes(new Float32Array(800)),
      vectorOf(DataType.FloatVector, 8),
      "expected 2 dimensions, got 1: expected shape '2' for FloatVector field 'x', got shape '1': illegal shape [800] of numpy file for float vector field 'x', shape should be 2",
    ],
    [
      'two dimensions for a scalar',
      npyBytes(new BigInt64Array(100), [100, 1]),
      field('x', DataType.Int64),
      "expected 1 dimension, got 2: expected shape '1' for Int64 field 'x', got shape '2': illegal shape [100 1] of numpy file for scalar field 'x', shape should be 1",
    ],
    [
      'no dimension',
      npyBytes(new BigInt64Array(1), []),
      field('x', DataType.Int64),
      "illegal shape [] of numpy file for scalar field 'x', shape should be 1",
    ],
    [
      'rows without a value',
      npyBytes(new Int32Array(0), [2 ** 50, 0]),
      field('x', DataType.Array, { elementType: DataType.Int32, maxCapacity: 9 }),
      'expected rows of 1 to 67108864 bytes, got 0: illegal shape [1125899906842624 0]',
    ],
    [
      'rows too long to read at once',
      npyStart("{'descr': '<U99999999', 'fortran_order': False, 'shape': (1,)}"),
      field('x', DataType.VarChar),
      'expected rows of 1 to 67108864 bytes, got 399999996',
    ],
    [
      'integers for a time',
      ids(1),
      field('x', DataType.Timestamptz),
      "illegal data type Int64 of numpy file for scalar field 'x' with type Timestamptz",
    ],
    [
      'a sparse vector',
      ids(1),
      field('x', DataType.SparseFloatVector),
      "illegal data type Int64 of numpy file for sparse float vector field 'x'",
    ],
    [
      'pickled objects',
      npyStart("{'descr': '|O', 'fortran_order': False, 'shape': (100,), }"),
      field('x', DataType.VarChar),
      "failed to read the file header 'in/x.npy', error: the numpy file dtype '|O' is not supported",
    ],
    [
      'other bytes',
      Buffer.from('this is not a numpy file'),
      field('x', DataType.VarChar),
      "failed to read the file header 'in/x.npy', error: npy: not a valid NumPy file format",
    ],
    [
      'a header that is cut off',
      ids(1).subarray(0, 100),
      field('x', DataType.Int64),
      "failed to read the file header 'in/x.npy', error: npy: unexpected EOF: expected a header of 128 bytes, got 100",
    ],
    [
      'a file that is cut off',
      vectors(100).subarray(0, 128 + 2200),
      vectorOf(DataType.FloatVector, 8),
      'expected 3200 bytes of items, got 2200: failed to read float vector array: failed to read float32 data with count 800, error: unexpected EOF',
    ],
    [
      'a header that promises too much',
      npyStart("{'descr': '<i8', 'fortran_order': True, 'shape': (1000000000000,)}"),
      field('x', DataType.Int64),
      'expected 8000000000000 bytes of items, got 0: failed to read int64 array: failed to read int64 data with count 1000000000000, error: unexpected EOF',
    ],
    [
      'a file that is too long',
      Buffer.concat([ids(2), ids(2)]),
      field('x', DataType.Int64),
      "expected 16 bytes of items, got 160: the file is overlong: its header says shape [2] of '<i8'",
    ],
  ])('is refused: %s', async (_what, bytes, target, message) => {
    const failure = await failureOf(outline({ 'in/x.npy': bytes }, [target]))
    expect(failure.kind).toBe('importFailed')
    expect(failure.place).toEqual({ file: 'in/x.npy', field: 'x' })
    expect(failure.message.startsWith("in/x.npy: field 'x': ")).toBe(true)
    expect(failure.message).toContain(message)
  })

  it('has a header longer than the first read', async () => {
    const text = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}".padEnd(9000)
    const bytes = Buffer.concat([npyStart(text, 2), new Uint8Array(16)])
    expect((await outline({ 'id.npy': bytes }, [id])).rowCount).toBe(2)
  })
})

describe('reading', () => {
  it('gives batches of about 4 MiB, of the same rows in every column, and counts every byte', async () => {
    const wide = field('wide', DataType.FloatVector, { dim: 1024 })
    const values = Float32Array.from({ length: 3001 * 1024 }, (_, index) => index)
    const files = { 'id.npy': ids(3001), 'wide.npy': npyBytes(values, [3001, 1024]) }
    const sources = Object.entries(files).map(([name, bytes]) => memorySource(name, bytes))
    let bytesRead = 0
    const rowCounts: number[] = []
    for (const range of [
      { rowBegin: 0, rowEnd: 1500 },
      { rowBegin: 1500, rowEnd: 3001 },
    ]) {
      const reader = await openRows(sources, [id, wide], range.rowBegin, range.rowEnd)
      let row = range.rowBegin
      for (let batch = await reader.next(); batch; batch = await reader.next()) {
        rowCounts.push(batch.rowCount)
        const [keys, wides] = [id, wide].map(({ fieldId }) => batch.columns.get(fieldId)!)
        if (keys.shape !== 'fixed' || wides.shape !== 'fixed') throw new Error('not fixed')
        expect(keys.values).toHaveLength(batch.rowCount)
        expect(wides.values).toHaveLength(batch.rowCount * 1024)
        expect(keys.values[0]).toBe(BigInt(row))
        expect(wides.values[0]).toBe(row * 1024)
        expect(wides.values.at(-1)).toBe((row + batch.rowCount) * 1024 - 1)
        row += batch.rowCount
      }
      expect(row).toBe(range.rowEnd)
      expect(reader.fileOf(id.fieldId)).toBe('id.npy')
      bytesRead += reader.bytesRead
      reader.close()
      expect(await reader.next()).toBe(null)
    }
    expect(rowCounts).toEqual([1024, 476, 1024, 477])
    expect(bytesRead).toBe(
      (await npy.outline(sources, [id, wide], [], defaultReadOptions)).bytesTotal,
    )
  })

  it('turns around a file in column order that is larger than a slab', async () => {
    const [rows, dim] = [40_000, 130]
    const values = new Float32Array(rows * dim)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < dim; column++) values[column * rows + row] = row * dim + column
    const text = `{'descr': '<f4', 'fortran_order': True, 'shape': (${rows}, ${dim})}`
    const bytes = Buffer.concat([npyStart(text), new Uint8Array(values.buffer)])
    const wide = field('wide', DataType.FloatVector, { dim })
    const sources = [memorySource('wide.npy', bytes)]
    const reader = await openRows(sources, [wide], 3, rows)
    let next = 3 * dim
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      const column = batch.columns.get(wide.fieldId)!
      if (column.shape !== 'fixed') throw new Error('not fixed')
      const { values: read } = column
      let wrong = 0
      for (let index = 0; index < read.length; index++) if (read[index] !== next++) wrong++
      expect(wrong).toBe(0)
    }
    expect(next).toBe(rows * dim)
  })

  it.each([false, true])(
    'says so where a file is cut meanwhile, in column order: %s',
    async (isFortran) => {
      const bytes = npyFile({ descr: '<f4', shape: [3, 2], items: [1, 2, 3, 4, 5, 6], isFortran })
      const whole = memorySource('in/x.npy', bytes)
      const cut = {
        ...memorySource('in/x.npy', bytes.subarray(0, -1)),
        byteLength: whole.byteLength,
      }
      const x = field('x', DataType.FloatVector, { dim: 2 })
      const reader = await openRows([cut], [x], 0, 3)
      const failure = await failureOf(reader.next())
      expect(failure.place).toEqual({ file: 'in/x.npy', row: 0, field: 'x' })
      expect(failure.message).toContain('error: unexpected EOF')
    },
  )

  it('refuses rows that the files do not have', async () => {
    const sources = [memorySource('id.npy', ids(3))]
    const failure = await failureOf(openRows(sources, [id], 2, 4))
    expect(failure.message).toContain('expected rows 2 to 4, got a file of 3 rows')
  })
})

it('knows a format by the extension, in whatever case', () => {
  expect(formatOf('a/b.npy')?.name).toBe('npy')
  expect(formatOf('B.NPY')?.name).toBe('npy')
  expect(formatOf('a.npy/b.bin')).toBeUndefined()
  expect(formatOf('')).toBeUndefined()
})

describe('going on and leaving out', () => {
  const flag = field('flag', DataType.Int64)
  /** Unsigned numbers, of which the last two rows of every hundred are too large. */
  const large = npyBytes(
    BigUint64Array.from({ length: 1000 }, (_, row) => (row % 100 < 98 ? BigInt(row) : 1n << 63n)),
  )

  it('goes on from a checkpoint', async () => {
    const sources = [memorySource('id.npy', ids(1_000_000))]
    const first = await openRows(sources, [id], 10, 1_000_000)
    const batch = await first.next()
    const { checkpoint } = first
    expect(checkpoint).toEqual({ position: 10 + batch!.rowCount, row: batch!.rowCount })
    const second = await openRows(sources, [id], 10, 1_000_000, { from: checkpoint })
    expect([second.checkpoint, second.bytesRead]).toEqual([checkpoint, first.bytesRead])
    const next = (await second.next())!.columns.get(id.fieldId)!
    expect(next.shape === 'fixed' && next.values[0]).toBe(BigInt(checkpoint.position))
    expect(second.rowOf(5)).toBe(batch!.rowCount + 5)
  })

  it('reports rows that cannot be read, and gives all others', async () => {
    const rejected: [number, string][] = []
    const reader = await openRows([memorySource('flag.npy', large)], [flag], 50, 1000, {
      onReject: ({ row, field: name }) => rejected.push([row, name]),
    })
    const rows: number[] = []
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      for (let row = 0; row < batch.rowCount; row++) rows.push(reader.rowOf(row))
    }
    expect(rejected.slice(0, 3)).toEqual([
      [48, 'flag'],
      [49, 'flag'],
      [148, 'flag'],
    ])
    expect([rejected.length, rows.length]).toEqual([20, 930])
    expect(rows).toEqual(rows.toSorted((one, other) => one - other))
  })

  it('names the part’s row where nothing may be left out', async () => {
    const reader = await openRows([memorySource('flag.npy', large)], [flag], 50, 1000)
    expect((await failureOf(reader.next())).place).toMatchObject({ row: 48, field: 'flag' })
  })

  it('cuts into parts that make up the files', async () => {
    const sources = [memorySource('id.npy', ids(10))]
    const parts = await npy.cut(sources, [id], defaultReadOptions, 3)
    expect(parts.map(({ begin, end, rowCount }) => [begin, end, rowCount])).toEqual([
      [0, 3, 3],
      [3, 6, 3],
      [6, 10, 4],
    ])
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sources[0].byteLength)
    expect(await npy.cut(sources, [id], defaultReadOptions, 99)).toHaveLength(10)
  })
})
