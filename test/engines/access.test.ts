import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Grant } from '../../dist/schema/permission.js'
import { OpenEngine } from './open-engine.js'

let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
})
afterEach(() => opened.remove())

const access = () => opened.engine.access
const onBooks: Grant = {
  dbName: 'default',
  objectType: 'Collection',
  objectName: 'books',
  privilege: 'Query',
  grantor: 'root',
}
const queryBooks = {
  dbName: 'default',
  objectType: 'Collection',
  objectName: 'books',
  privilege: 'Query',
}

async function bobTheReader(): Promise<void> {
  await access().users.create('bob', 'bobs-password', 'reads')
  await access().roles.create('reader', '')
  await access().roles.addUser('reader', 'bob')
  await access().roles.grant('reader', onBooks, 'object')
}

describe('users', () => {
  it('begin with root, whose password is Milvus until it is changed', async () => {
    const { users } = access()
    expect(users.list().map(({ name }) => name)).toEqual(['root'])
    expect(await users.isPassword('root', 'Milvus')).toBe(true)
    expect(await users.isPassword('root', 'milvus')).toBe(false)
    expect(users.isRootAsAtFirst()).toBe(true)
    await users.changePassword('root', 'Milvus', 'another-one')
    expect(users.isRootAsAtFirst()).toBe(false)
    expect(await users.isPassword('root', 'Milvus')).toBe(false)
    expect(await users.isPassword('root', 'another-one')).toBe(true)
  })

  it('are there with their roles after a restart, their passwords only as hashes', async () => {
    await bobTheReader()
    await opened.reopen()
    expect(access().users.find('bob')).toMatchObject({ roles: ['reader'], description: 'reads' })
    expect(access().roles.grants('reader')).toEqual([onBooks])
    expect(await access().users.isPassword('bob', 'bobs-password')).toBe(true)
    expect(JSON.stringify(access().backup())).not.toContain('bobs-password')
  })

  it('have names and passwords by the rules of Milvus', async () => {
    const { users } = access()
    const create = (name: string, password: string) => users.create(name, password, '')
    await expect(create('', '123456')).rejects.toThrow('username must be not empty')
    await expect(create('1bob', '123456')).rejects.toThrow('first character must be a letter')
    await expect(create('b:b', '123456')).rejects.toThrow('but got :')
    await expect(create('b'.repeat(33), '123456')).rejects.toThrow('must be less than 32')
    await expect(create('bob', '12345')).rejects.toThrow('[5 out of range 6 <= value <= 72]')
    await create('bob', '123456')
    await expect(create('bob', '123456')).rejects.toThrow('user already exists: bob')
  })

  it('change their password by the old one, and are no longer let in by that', async () => {
    await bobTheReader()
    const { users } = access()
    await expect(users.changePassword('bob', 'wrong', 'a-new-one')).rejects.toMatchObject({
      kind: 'notAuthenticated',
      message: 'old password not correct for bob: not authenticated',
    })
    await expect(users.changePassword('eve', 'wrong', 'a-new-one')).rejects.toMatchObject({
      kind: 'notAuthenticated',
    })
    const version = users.passwordVersion('bob')
    await users.changePassword('bob', 'bobs-password', 'a-new-one')
    expect(users.passwordVersion('bob')).not.toBe(version)
    expect(await users.isPassword('bob', 'bobs-password')).toBe(false)
  })

  it('can be dropped, but not root', async () => {
    await bobTheReader()
    await access().users.drop('bob')
    await access().users.drop('bob')
    expect(await access().users.isPassword('bob', 'bobs-password')).toBe(false)
    expect(access().permits('bob', queryBooks)).toBe(false)
    await expect(access().users.drop('root')).rejects.toMatchObject({ kind: 'notPermitted' })
  })
})

describe('roles', () => {
  it('give their users what was granted, until it is revoked', async () => {
    await bobTheReader()
    expect(access().permits('bob', queryBooks)).toBe(true)
    expect(access().permits('bob', { ...queryBooks, privilege: 'Insert' })).toBe(false)
    await access().roles.revoke('reader', onBooks, 'object')
    expect(access().permits('bob', queryBooks)).toBe(false)
  })

  it('give root and admins everything, and everybody what is public', async () => {
    await bobTheReader()
    const dropDatabase = {
      dbName: 'default',
      objectType: 'Global',
      objectName: '*',
      privilege: 'DropDatabase',
    }
    expect(access().permits('root', dropDatabase)).toBe(true)
    expect(access().permits('bob', dropDatabase)).toBe(false)
    expect(access().permits('bob', { ...dropDatabase, privilege: 'DescribeCollection' })).toBe(true)
    await access().roles.addUser('admin', 'bob')
    expect(access().permits('bob', dropDatabase)).toBe(true)
    expect(access().permits('nobody', { ...queryBooks, privilege: 'IndexDetail' })).toBe(false)
  })

  it('let a list show what was granted anything of', async () => {
    await bobTheReader()
    expect(access().seesCollection('bob', 'default', 'books')).toBe(true)
    expect(access().seesCollection('bob', 'default', 'secrets')).toBe(false)
    expect(access().seesDatabase('bob', 'other')).toBe(false)
  })

  it('are dropped with their place among users, by force while they have grants', async () => {
    await bobTheReader()
    const { roles, users } = access()
    await expect(roles.drop('reader', false)).rejects.toThrow('Use REVOKE API')
    await expect(roles.drop('admin', true)).rejects.toThrow("default role, which can't be dropped")
    await roles.drop('reader', true)
    expect(users.find('bob')?.roles).toEqual([])
    await expect(roles.drop('reader', true)).rejects.toThrow('not found the role')
  })

  it('refuse what is no privilege of its object or level', async () => {
    await bobTheReader()
    const grant = (change: Partial<Grant>, style: 'object' | 'level') =>
      access().roles.grant('reader', { ...onBooks, ...change }, style)
    await expect(grant({ privilege: 'Fly' }, 'object')).rejects.toThrow('privilege name[Fly]')
    await expect(grant({ privilege: 'CreateCollection' }, 'object')).rejects.toThrow(
      'not found the privilege name[CreateCollection] in object[Collection]',
    )
    await expect(grant({ objectType: 'Table' }, 'object')).rejects.toThrow('[name: Table]')
    await expect(grant({ privilege: 'ClusterAdmin' }, 'level')).rejects.toThrow('should be *')
    await expect(grant({ privilege: 'AlterDatabase' }, 'level')).rejects.toThrow('should be *')
    await expect(grant({ dbName: '*' }, 'level')).rejects.toThrow('please specify database name')
  })

  it('have a grant once, and by level for all where it is of no single collection', async () => {
    await bobTheReader()
    await access().roles.grant('reader', onBooks, 'level')
    await access().roles.grant('reader', { ...onBooks, privilege: 'CreateAlias' }, 'level')
    expect(access().roles.grants('reader')).toEqual([
      onBooks,
      { ...onBooks, objectType: 'Global', objectName: '*', privilege: 'CreateAlias' },
    ])
  })
})

describe('privilege groups', () => {
  it('are granted like a privilege, and change for those who have them', async () => {
    await bobTheReader()
    const { privilegeGroups, roles } = access()
    await privilegeGroups.create('writers')
    await privilegeGroups.add('writers', ['Insert', 'CollectionReadOnly'])
    await roles.grant('reader', { ...onBooks, privilege: 'writers' }, 'level')
    expect(access().permits('bob', { ...queryBooks, privilege: 'Insert' })).toBe(true)
    expect(access().permits('bob', { ...queryBooks, privilege: 'Search' })).toBe(true)
    await privilegeGroups.remove('writers', ['Insert'])
    expect(access().permits('bob', { ...queryBooks, privilege: 'Insert' })).toBe(false)
    await expect(privilegeGroups.drop('writers')).rejects.toThrow('is used by role [reader]')
  })

  it('have names that are free, and privileges that there are', async () => {
    const { privilegeGroups } = access()
    await expect(privilegeGroups.create('1st')).rejects.toMatchObject({
      kind: 'privilegeGroupNameInvalid',
    })
    await expect(privilegeGroups.create('Query')).rejects.toThrow('defined by built in')
    await expect(privilegeGroups.add('none', ['Query'])).rejects.toThrow('[none] to operate')
    await privilegeGroups.create('writers')
    await expect(privilegeGroups.create('writers')).rejects.toThrow('is defined by users')
    await expect(privilegeGroups.add('writers', ['Fly'])).rejects.toThrow('[Fly] defined')
  })
})

describe('a backup', () => {
  it('makes in another place who is not there, and leaves who is', async () => {
    await bobTheReader()
    await access().privilegeGroups.create('writers')
    const backup = access().backup()
    const other = await OpenEngine.open()
    try {
      await other.engine.access.restore(backup)
      await other.engine.access.restore(backup)
      expect(other.engine.access.permits('bob', queryBooks)).toBe(true)
      expect(await other.engine.access.users.isPassword('bob', 'bobs-password')).toBe(true)
      expect(other.engine.access.backup()).toEqual(backup)
    } finally {
      await other.remove()
    }
  })

  it('is taken whole or not at all', async () => {
    await bobTheReader()
    const backup = access().backup()
    const bob = { ...backup.users[0]!, name: 'rob', passwordHash: '$2a$10$bcrypt' }
    const wrong = { ...backup, roles: [{ name: 'new', description: '' }], users: [bob] }
    await expect(access().restore(wrong)).rejects.toThrow('user rob: expected a password')
    expect(access().roles.find('new')).toBeUndefined()
  })
})

describe('resource groups', () => {
  const config = {
    nodesRequested: 1,
    nodesMax: 1,
    transferFrom: [],
    transferTo: [],
    nodeLabels: [],
  }

  it('have the one node where it was asked for, and it comes back', async () => {
    const groups = opened.engine.resourceGroups
    expect(groups.describe('__default_resource_group')).toMatchObject({ nodeCount: 1, capacity: 1 })
    await groups.create('fast', config)
    await groups.create('fast', config)
    await expect(groups.create('fast', null)).rejects.toMatchObject({ code: 301 })
    await opened.reopen()
    const reopened = opened.engine.resourceGroups
    expect(reopened.ofNode()).toBe('fast')
    expect(reopened.describe('__default_resource_group').nodeCount).toBe(0)
    await expect(reopened.drop('fast')).rejects.toThrow('delete non-empty rg is not permitted')
    await reopened.transferNodes('fast', '__default_resource_group', 1)
    expect(reopened.describe('fast')).toMatchObject({ nodeCount: 0, capacity: 0 })
    await reopened.drop('fast')
    expect(reopened.list().map(({ name }) => name)).toEqual(['__default_resource_group'])
  })

  it('refuse what cannot be', async () => {
    const groups = opened.engine.resourceGroups
    await expect(groups.create('few', { ...config, nodesMax: 0 })).rejects.toMatchObject({
      code: 303,
    })
    await expect(groups.update(new Map([['none', config]]))).rejects.toMatchObject({ code: 300 })
    await groups.create('idle', null)
    await expect(groups.transferNodes('idle', 'idle', 1)).rejects.toThrow('should not be the same')
    await expect(groups.transferNodes('idle', '__default_resource_group', 1)).rejects.toMatchObject(
      { code: 304 },
    )
    await expect(groups.drop('__default_resource_group')).rejects.toThrow('not deletable')
  })
})
