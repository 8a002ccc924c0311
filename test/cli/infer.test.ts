import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Int64, Table, tableToIPC, Uint16, Utf8, vectorFromArray } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreateOptions } from '../../dist/cli/import-options.js'
import { planCollection } from '../../dist/cli/infer/plan-collection.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { type NpyValues, npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { dataTypeName } from '../../dist/schema/data-type.js'
import { openLocalSource } from '../../dist/source/local-source.js'

let top: string
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'millrace-infer-'))
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

const options: CreateOptions = {
  pk: null,
  rowNumberAs: null,
  autoId: false,
  metric: null,
  isAgreed: true,
  read: defaultReadOptions,
}

/** Each field in a line, as `name Type more`. */
async function planned(
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<CreateOptions> = {},
): Promise<string[]> {
  const paths = Object.keys(files).map((name) => join(top, name))
  for (const path of paths) writeFileSync(path, files[basename(path)]!)
  const sources = paths.map((path) => openLocalSource({ kind: 'local', name: path, path }))
  const { fields, metrics } = await planCollection('docs', sources, { ...options, ...more })
  return fields.map((field) =>
    [
      field.name,
      dataTypeName(field.dataType),
      field.elementType && `of ${dataTypeName(field.elementType)}`,
      field.isPrimary && 'key',
      field.dim,
      field.maxLength && `bytes ${field.maxLength}`,
      field.maxCapacity && `items ${field.maxCapacity}`,
      field.nullable && 'nullable',
      metrics.get(field.name),
    ]
      .filter((word) => word)
      .join(' '),
  )
}

function lines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

describe('the schema inferred from', () => {
  it('.npy headers', async () => {
    const of = (values: NpyValues, shape?: number[]) => npyBytes(values, shape)
    expect(
      await planned({
        'id.npy': of(new Int32Array(2)),
        'vector.npy': of(new Float32Array(16), [2, 8]),
        'bits.npy': of(new Uint8Array(4), [2, 2]),
        'small.npy': of(new Int8Array(8), [2, 4]),
        'age.npy': of(new Int16Array(2)),
        'price.npy': of(new Float64Array(2)),
      }),
    ).toEqual([
      'id Int64 key',
      'vector FloatVector 8 COSINE',
      'bits BinaryVector 16 HAMMING',
      'small Int8Vector 4 COSINE',
      'age Int16',
      'price Double',
    ])
  })

  it('rows of JSON, with room for longer texts and lists than were seen', async () => {
    const rows = [
      { pk: 'a', v: [0.5, 1], name: 'ä'.repeat(100), tags: ['x'], n: 1, ok: true, json: { a: 1 } },
      { pk: 'b', v: [1, 2], name: '', tags: ['x', 'yy'], n: 2.5, ok: null, json: { b: [] } },
    ]
    const expected = [
      'pk VarChar key bytes 256',
      'v FloatVector 2 COSINE',
      'name VarChar bytes 1024',
      'tags Array of VarChar bytes 256 items 64',
      'n Double',
      'ok Bool nullable',
      'json JSON',
    ]
    expect(await planned({ 'a.jsonl': lines(rows) })).toEqual(expected)
    expect(await planned({ 'a.json': JSON.stringify(rows) })).toEqual(expected)
    expect(await planned({ 'b.json': JSON.stringify({ rows }) })).toEqual(expected)
  })

  it('numbers by how they are written', async () => {
    const text = '{"id":9223372036854775807,"v":[1.0,2],"a":1.0,"b":9223372036854775808,"c":-5}\n'
    expect(await planned({ 'n.jsonl': text })).toEqual([
      'id Int64 key',
      'v FloatVector 2 COSINE',
      'a Double',
      'b Double',
      'c Int64',
    ])
  })

  it('lists of whole numbers by their names and lengths', async () => {
    const row = { id: 1, embedding: [1, 2], pair: [1, 2], long: Array(16).fill(3) }
    expect(await planned({ 'l.jsonl': lines([row]) })).toEqual([
      'id Int64 key',
      'embedding FloatVector 2 COSINE',
      'pair Array of Int64 items 64',
      'long FloatVector 16 COSINE',
    ])
  })

  it('sparse vectors in both of their spellings', async () => {
    const row = { id: 1, one: { 5: 0.5 }, other: { indices: [1, 2], values: [0.5, 1] } }
    expect(await planned({ 's.jsonl': lines([row]) })).toEqual([
      'id Int64 key',
      'one SparseFloatVector IP',
      'other SparseFloatVector IP',
    ])
  })

  it('vectors of which a few are too short', async () => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, v: id === 9 ? [0.5] : [0.5, 1] }))
    expect(await planned({ 'few.jsonl': lines(rows) })).toContain('v FloatVector 2 COSINE')
  })

  it('cells of CSV by what they look like', async () => {
    const text =
      'id,v,ok,n,text,none,json\n1,"[0.5,1]",true,.5,+,,"{""a"":1}"\n2,"[1,2]",False,-1,7 x,,\n'
    expect(await planned({ 'c.csv': text })).toEqual([
      'id Int64 key',
      'v FloatVector 2 COSINE',
      'ok Bool',
      'n Double',
      'text VarChar bytes 256',
      'none VarChar bytes 256 nullable',
      'json JSON nullable',
    ])
    const read = { sep: ';', nullKey: 'NIL' }
    expect(await planned({ 'd.csv': 'id;v;n\n1;[0.5,1];NIL\n2;[1,2];3\n' }, { read })).toEqual([
      'id Int64 key',
      'v FloatVector 2 COSINE',
      'n Int64 nullable',
    ])
  })

  it('the names that are keys, and --pk', async () => {
    const row = { pk: 1, other: 'x', v: [0.5, 1] }
    expect((await planned({ 'k.jsonl': lines([row]) }))[0]).toBe('pk Int64 key')
    expect((await planned({ 'k.jsonl': lines([row]) }, { pk: 'other' }))[0]).toBe(
      'other VarChar key bytes 256',
    )
    const nulls = planned({ 'k.jsonl': lines([row, { ...row, pk: null }]) })
    await expect(nulls).rejects.toThrow('--pk: expected a column without nulls, got "pk"')
  })

  it('Arrow schemas, and the lengths of the first rows', async () => {
    const vectors = [
      [0.5, 1],
      [1, 2],
    ]
    const named = new Table({
      id: vectorFromArray([1n, 2n], new Int64()),
      age: vectorFromArray([1, 2], new Uint16()),
      v: vectorFromArray(vectors),
      text: vectorFromArray(['a', null], new Utf8()),
      doc: vectorFromArray(['{"a":1}', '{"a":2}'], new Utf8()),
    })
    expect(await planned({ 't.arrow': tableToIPC(named, 'file') })).toEqual([
      'id Int64 key',
      'age Int32',
      'v FloatVector 2 COSINE',
      'text VarChar bytes 256 nullable',
      'doc JSON',
    ])
  })
})
