import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ServeOptions, serveConfigFrom, serveDefaults } from '../dist/config.js'

const configOf = (options: Partial<ServeOptions>, env: Record<string, string> = {}) =>
  serveConfigFrom({ ...serveDefaults, ...options }, env)

const awsKeys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
const ownKeys = { MILLRACE_S3_ACCESS_KEY: 'own', MILLRACE_S3_SECRET_KEY: 'secret' }

describe('S3', () => {
  it('is closed until it is asked for, though the machine has keys of AWS', () => {
    expect(configOf({}, awsKeys).s3).toBeNull()
  })

  it('is AWS with a region alone, and another server with an endpoint', () => {
    expect(configOf({ s3Region: 'eu-west-1' }, awsKeys).s3).toEqual({
      endpoint: null,
      region: 'eu-west-1',
      pathStyle: false,
      accessKey: 'a',
      secretKey: 's',
      sessionToken: 't',
    })
    expect(
      configOf({ s3Endpoint: 'http://127.0.0.1:9000' }, { ...awsKeys, ...ownKeys }).s3,
    ).toEqual({
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      pathStyle: true,
      accessKey: 'own',
      secretKey: 'secret',
      sessionToken: null,
    })
    const virtual = configOf({ s3Endpoint: 'https://s3.test', s3Addressing: 'virtual' }, ownKeys)
    expect(virtual.s3?.pathStyle).toBe(false)
    expect(configOf({}, { ...ownKeys, AWS_REGION: 'eu-north-1' }).s3?.region).toBe('eu-north-1')
  })

  it('needs keys, and words that mean something', () => {
    expect(() => configOf({ s3Region: 'x' })).toThrow('S3 needs keys: set MILLRACE_S3_ACCESS_KEY')
    for (const s3Endpoint of ['127.0.0.1:9000', 'ftp://host', 'http://user:word@host'])
      expect(() => configOf({ s3Endpoint }, ownKeys)).toThrow('--s3-endpoint: expected a URL')
    expect(() => configOf({ s3Region: 'x', s3Addressing: 'dns' }, ownKeys)).toThrow(
      '--s3-addressing: expected path or virtual, got "dns"',
    )
  })
})

it('takes hosts with and without ports, as URLs write them', () => {
  const allowHttpHost = ['Example.COM', 'h:8080', 'h:443', 'h:80', '[::1]:9000']
  expect(configOf({ allowHttpHost }).httpHosts).toEqual([
    'example.com',
    'h:8080',
    'h',
    'h',
    '[::1]:9000',
  ])
  for (const host of ['http://h', 'h/path', 'u@h', '', 'a b'])
    expect(() => configOf({ allowHttpHost: [host] })).toThrow('--allow-http-host: expected a host')
})

it('keeps uploads beside the data, within a quota', () => {
  const config = configOf({ data: 'd', uploadQuota: '500MiB' })
  expect(config).toMatchObject({ uploadRoot: `${resolve('d')}-uploads`, uploadBytesMax: 500 << 20 })
  expect(configOf({ uploadRoot: 'u' }).uploadRoot).toBe(resolve('u'))
  for (const uploadRoot of ['d', 'd/up'])
    expect(() => configOf({ data: 'd', uploadRoot })).toThrow('--upload-root: expected a directory')
  expect(configOf({}).uploadBytesMax).toBe(64 * 1024 ** 3)
  expect(() => configOf({ uploadQuota: '1GB' })).toThrow(
    '--upload-quota: expected a number of bytes, like 500MiB or 64GiB, got "1GB"',
  )
})

describe('the rules of imports', () => {
  it('are those of the newest Milvus, or of 2.3', () => {
    expect(configOf({}).compat).toBe('newest')
    expect(configOf({ compat: '2.3' }).compat).toBe('2.3')
    expect(() => configOf({ compat: '2.4' })).toThrow(
      '--compat: expected one of newest, 2.3, got "2.4"',
    )
  })
})
