import { describe, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { rowsOfSource } from './file-rows.js'
import { memorySource } from './memory-source.js'

const floats = field(101, 'vector', DataType.FloatVector, { dim: 4 })
const rowsWanted = Array.from({ length: 20 }, (_, row) => ({ vector: [row, 1, 2, 3] }))

/** Rows of four items each, with their length before them. */
function vecs(type: 'f' | 'i' | 'b', dims: (row: number) => number = () => 4): Buffer {
  const rows = rowsWanted.map(({ vector }, row) => {
    const dim = Buffer.alloc(4)
    dim.writeInt32LE(dims(row))
    const items = type === 'f' ? Float32Array.from(vector) : Int32Array.from(vector)
    return Buffer.concat([dim, type === 'b' ? Buffer.from(vector) : Buffer.from(items.buffer)])
  })
  return Buffer.concat(rows)
}

describe('a file of vectors alone', () => {
  it.each(['f', 'i', 'b'] as const)('.%svecs is the one vector field', async (type) => {
    const source = memorySource(`base.${type}vecs`, vecs(type))
    expect(await rowsOfSource(source, [floats], { parts: 2 })).toEqual(rowsWanted)
    const from = { position: 5, row: 5 }
    expect(await rowsOfSource(source, [floats], { from })).toEqual(rowsWanted.slice(5))
  })

  it('.bvecs may be an Int8Vector, of which 200 is none', async () => {
    const bytes = vecs('b')
    const int8s = { ...floats, dataType: DataType.Int8Vector }
    expect(await rowsOfSource(memorySource('a.bvecs', bytes), [int8s])).toEqual(rowsWanted)
    bytes[8 + 4] = 200
    await expect(rowsOfSource(memorySource('a.bvecs', bytes), [int8s])).rejects.toThrow(
      "a.bvecs: row 1, field 'vector': expected -128 to 127, got 200 in component 0",
    )
  })

  it('needs a primary key with auto_id', async () => {
    const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
    await expect(rowsOfSource(memorySource('a.fvecs', vecs('f')), [id, floats])).rejects.toThrow(
      "a.fvecs: field 'id': expected a primary key with auto_id",
    )
  })

  it('needs a collection with one vector field', async () => {
    const fields = [floats, { ...floats, fieldId: 102, name: 'other' }]
    await expect(rowsOfSource(memorySource('a.fvecs', vecs('f')), fields)).rejects.toThrow(
      "one dense vector field for a file of vectors alone, got 'vector', 'other'",
    )
  })

  it('has vectors of one length, which is that of the field', async () => {
    const longer = { ...floats, dim: 8 }
    await expect(rowsOfSource(memorySource('a.fvecs', vecs('f')), [longer])).rejects.toThrow(
      'expected 8 components, got 4',
    )
    const uneven = vecs('f', (row) => (row === 3 ? 5 : 4))
    await expect(rowsOfSource(memorySource('a.fvecs', uneven), [floats])).rejects.toThrow(
      'a.fvecs: row 3: expected 4 components as in the first vector, got 5',
    )
    const cut = vecs('f').subarray(0, 70)
    await expect(rowsOfSource(memorySource('a.fvecs', cut), [floats])).rejects.toThrow(
      'expected vectors of 20 bytes, got 70 bytes',
    )
  })

  it('may be empty', async () => {
    expect(await rowsOfSource(memorySource('a.fvecs', Buffer.alloc(0)), [floats])).toEqual([])
  })
})
