import { describe, expect, it } from 'vitest'
import { checkImportRequest, type NewImport } from '../../dist/bulk/import-request.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { collectionId, collectionOf, idField, vectorField } from './bulk-fixture.js'

const collection = collectionOf([idField, vectorField], 2)
const keyed = collectionOf([
  idField,
  vectorField,
  field(102, 'key', DataType.Int64, { isPartitionKey: true }),
])

function newImport(more: Partial<NewImport> = {}): NewImport {
  return {
    dbName: 'default',
    collectionName: 'rivers',
    partitionName: '',
    fileGroups: [['id.npy', 'vector.npy']],
    options: [],
    ...more,
  }
}

describe('an import request', () => {
  it('is resolved to the default partition, without empty groups, with its options', () => {
    const fileGroups = [[], ['id.npy', 'vector.NPY']]
    expect(
      checkImportRequest(
        newImport({ fileGroups, options: [['foo', 'bar']] }),
        collection,
        'newest',
      ),
    ).toEqual({
      dbName: 'default',
      collectionName: 'rivers',
      collectionId,
      partitionId: 1n,
      partitionName: '_default',
      fileGroups: [['id.npy', 'vector.NPY']],
      options: [['foo', 'bar']],
    })
  })

  it('is resolved to no partition where a key spreads the rows', () => {
    expect(checkImportRequest(newImport(), keyed, 'newest')).toMatchObject({
      partitionId: null,
      partitionName: '',
    })
  })

  const backup = [['backup', 'True']] as const
  const many = Array.from({ length: 1025 }, (_, index) => [`${index}.npy`])
  it.each([
    [1100, 'import request is empty: invalid parameter', { fileGroups: [[], []] }],
    [1100, 'a file name is empty', { fileGroups: [['id.npy', '']] }],
    [
      2100,
      'The max number of import files should not exceed 1024, but got 1025: importing data failed',
      { fileGroups: many },
    ],
    [2100, 'at most 1024 files that make rows, got 1025', { fileGroups: [many.flat()] }],
    [
      2100,
      'inconsistency in file types, (.json) vs (.npy)',
      { fileGroups: [['a.json', 'id.npy']] },
    ],
    [2100, 'for JSON import, accepts only one file', { fileGroups: [['a.json', 'b.json']] }],
    [2100, 'unexpected file type, files=[a.bin]: expected .npy', { fileGroups: [['a.bin']] }],
    [2100, 'for Parquet import', { fileGroups: [['a.parquet', 'b.parquet']] }],
    [200, 'partition not found[partition=nope]', { partitionName: 'nope' }],
    [1101, 'partition not specified: missing parameter', { options: backup }],
    [3000, 'import option backup=True', { options: backup, partitionName: '_default' }],
    [3000, 'import option l0_import=true', { options: [['l0_import', 'true'] as const] }],
  ])('is refused with %i: %s', (code, text, more) => {
    expect(() => checkImportRequest(newImport(more), collection, 'newest')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })

  it('names no partition where a key spreads the rows', () => {
    expect(() =>
      checkImportRequest(newImport({ partitionName: '_default' }), keyed, 'newest'),
    ).toThrow(
      'not allow to set partition name for collection with partition key: importing data failed',
    )
  })
})

describe('an import request to a server with the rules of 2.3', () => {
  const backup = [['backup', 'true']] as const
  it.each([
    [1100, 'partition not specified: invalid parameter', { options: backup }],
    [3000, 'import option backup=true', { options: backup, partitionName: '_default' }],
    [65535, "file type '.npy' is not allowed", { fileGroups: [['a.json', 'id.npy']] }],
    [65535, 'each task only accepts one file', { fileGroups: [['id.npy', 'a.json']] }],
    [65535, 'each task only accepts one file', { fileGroups: [['a.parquet', 'b.parquet']] }],
  ])('is refused with %i: %s', (code, text, more) => {
    expect(() => checkImportRequest(newImport(more), collection, '2.3')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })

  it('names no partition where a key spreads the rows', () => {
    const request = newImport({ partitionName: '_default' })
    expect(() => checkImportRequest(request, keyed, '2.3')).toThrow(
      'not allow to set partition name for collection with partition key: invalid parameter',
    )
  })

  it('may name files that nobody can read: the task fails', () => {
    const request = newImport({ fileGroups: [['a.bin']] })
    expect(checkImportRequest(request, collection, '2.3').fileGroups).toEqual([['a.bin']])
  })
})
