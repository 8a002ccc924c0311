import { describe, expect, it } from 'vitest'
import { allows, type Deed, type Grant } from '../../dist/schema/permission.js'

const onBooks: Grant = {
  dbName: 'default',
  objectType: 'Collection',
  objectName: 'books',
  privilege: 'Query',
  grantor: 'root',
}
const queryBooks: Deed = {
  dbName: 'default',
  objectType: 'Collection',
  objectName: 'books',
  privilege: 'Query',
}
const createCollection: Deed = {
  dbName: 'default',
  objectType: 'Global',
  objectName: '*',
  privilege: 'CreateCollection',
}

function may(grant: Partial<Grant>, deed: Partial<Deed>): boolean {
  const groups = (name: string) => (name === 'readers' ? ['Query', 'Search'] : undefined)
  return allows({ ...onBooks, ...grant }, { ...queryBooks, ...deed }, groups)
}

describe('a grant of one privilege', () => {
  it('allows that, to that collection of that database', () => {
    expect(may({}, {})).toBe(true)
    expect(may({}, { privilege: 'Insert' })).toBe(false)
    expect(may({}, { objectName: 'secrets' })).toBe(false)
    expect(may({}, { dbName: 'other' })).toBe(false)
  })

  it('allows it everywhere where it says *', () => {
    expect(may({ objectName: '*' }, { objectName: 'secrets' })).toBe(true)
    expect(may({ objectName: '*', dbName: '*' }, { dbName: 'other' })).toBe(true)
  })

  it('is not about all collections where it names one', () => {
    expect(may({}, { objectName: '*' })).toBe(false)
    expect(may({}, { objectName: '' })).toBe(false)
  })

  it('allows to see how far it is', () => {
    expect(may({ privilege: 'Load' }, { privilege: 'GetLoadState' })).toBe(true)
    expect(may({ privilege: 'Import' }, { privilege: 'GetImportProgress' })).toBe(true)
    expect(may({ privilege: 'GetLoadState' }, { privilege: 'Load' })).toBe(false)
  })
})

describe('a grant of many privileges', () => {
  it('by * allows all that is of its type', () => {
    expect(may({ privilege: '*' }, { privilege: 'Insert' })).toBe(true)
    expect(may({ privilege: '*' }, createCollection)).toBe(false)
  })

  it('by All allows everything in its database', () => {
    expect(may({ privilege: 'All' }, createCollection)).toBe(true)
    expect(may({ privilege: 'All' }, { ...createCollection, dbName: 'other' })).toBe(false)
  })

  it('by a group that users made allows what is in the group', () => {
    expect(may({ privilege: 'readers' }, { privilege: 'Search' })).toBe(true)
    expect(may({ privilege: 'readers' }, { privilege: 'Insert' })).toBe(false)
    expect(may({ privilege: 'readers' }, { objectName: 'secrets' })).toBe(false)
  })

  it('by a built-in group allows its calls that are about no single object too', () => {
    const grant = { privilege: 'CollectionReadOnly' }
    const describeAlias = { objectType: 'Global', objectName: '*', privilege: 'DescribeAlias' }
    expect(may(grant, describeAlias)).toBe(true)
    expect(may(grant, { objectName: 'secrets' })).toBe(false)
    expect(may(grant, { privilege: 'Insert' })).toBe(false)
    expect(may({ privilege: 'CollectionReadWrite' }, { privilege: 'Insert' })).toBe(true)
    expect(may({ privilege: 'DatabaseAdmin', objectName: '*' }, createCollection)).toBe(true)
  })
})
