import { describe, expect, it } from 'vitest'
import { BulkInsertState, MilvusException } from '../../dist/client/index.js'

const createTimestamp = new Date(2024, 0, 6, 22, 24, 7).getTime() / 1000

const infos = {
  files: 'data/id.npy,data/vector.npy',
  collection: 'test_collection',
  partition: '_default',
  failed_reason: '',
  progress_percent: '100',
  persist_cost: '0.34',
}

function stateWith(fields: Partial<ConstructorParameters<typeof BulkInsertState>[0]> = {}) {
  return new BulkInsertState({
    taskId: 446781855410077319n,
    state: 6,
    rowCount: 10000,
    infos,
    idRanges: [],
    createTimestamp,
    ...fields,
  })
}

describe('BulkInsertState', () => {
  it('prints what pymilvus prints', () => {
    expect(String(stateWith())).toBe(`<Bulk insert state:
    - taskID          : 446781855410077319,
    - state           : Completed,
    - row_count       : 10000,
    - infos           : {'files': 'data/id.npy,data/vector.npy', 'collection': 'test_collection', 'partition': '_default', 'failed_reason': '', 'progress_percent': '100', 'persist_cost': '0.34'},
    - id_ranges       : [],
    - create_ts       : 2024-01-06 22:24:07
>`)
  })

  it('prints texts as Python does', () => {
    const reprs = {
      "it's": `"it's"`,
      'say "it\'s"': `'say "it\\'s"'`,
      'back\\slash\n\r\t': `'back\\\\slash\\n\\r\\t'`,
      'é ü 😀': `'é ü 😀'`,
      '\u0000\u007f\u00a0\u200b\u2028': `'\\x00\\x7f\\xa0\\u200b\\u2028'`,
    }
    for (const [text, repr] of Object.entries(reprs)) {
      const printed = String(stateWith({ infos: { failed_reason: text } }))
      expect(printed).toContain(`{'failed_reason': ${repr}},`)
    }
  })

  it('prints id ranges as a list', () => {
    const printed = String(stateWith({ idRanges: [446781855410077319n, 446781855410077321n] }))
    expect(printed).toContain(': [446781855410077319, 446781855410077321],')
  })

  it('has the attributes of its infos', () => {
    const { files, collectionName, partitionName, failedReason, progress } = stateWith()
    expect([files, collectionName, partitionName, failedReason]).toEqual([
      'data/id.npy,data/vector.npy',
      'test_collection',
      '_default',
      '',
    ])
    expect(progress).toBe(100)
    expect(stateWith({ infos: {} })).toMatchObject({ files: '', collectionName: '', progress: 0 })
  })

  it('names every state, and those it does not know', () => {
    const names = [0, 1, 2, 5, 6, 7, 8].map((state) => stateWith({ state }).stateName)
    expect(names).toEqual([
      'Pending',
      'Failed',
      'Started',
      'Persisted',
      'Completed',
      'Failed and cleaned',
      'unknown state',
    ])
    expect(stateWith({ state: 8 }).state).toBe(BulkInsertState.ImportUnknownState)
  })

  it('expands half-open id ranges exactly', () => {
    const idRanges = [1n, 4n, 446781855410077319n, 446781855410077321n]
    const ids = [1n, 2n, 3n, 446781855410077319n, 446781855410077320n]
    expect(stateWith({ idRanges }).ids).toEqual(ids)
    expect(stateWith().ids).toEqual([])
  })

  it('refuses ranges that are not pairs', () => {
    expect(() => stateWith({ idRanges: [1n, 4n, 9n] }).ids).toThrow(MilvusException)
  })
})
