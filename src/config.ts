import { readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { MillraceError } from './errors.js'

/** This package's version. */
export const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version

/**
 * What SDKs are told: they read the Milvus version whose wire we speak, and the part behind the plus sign,
 * which both semver and PEP 440 pass over, says who it is.
 */
export const serverVersion = `2.6.0+millrace.${version}`

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Of the rules of imports, those of the newest Milvus hold, or those of 2.3. */
export const compatLevels = ['newest', '2.3'] as const

export type Compat = (typeof compatLevels)[number]

export type LogLevel = (typeof logLevels)[number]

export const serveDefaults: ServeOptions = {
  host: '127.0.0.1',
  port: '19530',
  data: './millrace-data',
  importRoot: ['.'],
  allowHttpHost: [],
  uploadQuota: '64GiB',
  auth: false,
  compat: 'newest',
  logLevel: 'info',
}

/** How S3 is asked, and with which keys. Never stored, never logged. */
export interface S3Access {
  /** null: AWS's own of the region. */
  readonly endpoint: string | null
  readonly region: string
  /** `endpoint/bucket/key` rather than `bucket.endpoint/key`. */
  readonly pathStyle: boolean
  readonly accessKey: string
  readonly secretKey: string
  readonly sessionToken: string | null
}

export interface TlsFiles {
  readonly certPath: string
  readonly keyPath: string
}

/** `millrace serve`, checked: paths are absolute. */
export interface ServeConfig {
  readonly host: string
  readonly port: number
  readonly dataPath: string
  /** Imports read files below these; a relative path is looked for in their order. */
  readonly importRoots: readonly string[]
  /** null: no import reads from S3. */
  readonly s3: S3Access | null
  /** Hosts that imports may read from, with their ports where those are not the usual ones. */
  readonly httpHosts: readonly string[]
  readonly uploadRoot: string
  readonly uploadBytesMax: number
  /** Whether callers must be users, and may do only what they were granted. */
  readonly isAuthOn: boolean
  /** null: no TLS. Paths of files in PEM. */
  readonly tls: TlsFiles | null
  /** Whose rules hold for imports where versions of Milvus differ. */
  readonly compat: Compat
  readonly logLevel: LogLevel
}

/** The command line's words for S3; what is left out may stand in the environment. */
export interface S3Options {
  readonly s3Endpoint?: string
  readonly s3Region?: string
  readonly s3Addressing?: string
}

/** The command line's words. */
export interface ServeOptions extends S3Options {
  readonly host: string
  readonly port: string
  readonly data: string
  readonly importRoot: readonly string[]
  readonly allowHttpHost: readonly string[]
  /** Left out: beside the data directory, with `-uploads` after its name. */
  readonly uploadRoot?: string
  readonly uploadQuota: string
  readonly auth: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly compat: string
  readonly logLevel: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param env where the keys of S3 are, which a command line would show to everybody
 * @throws parameterInvalid naming the option, what is expected and what was given
 */
export function serveConfigFrom(options: ServeOptions, env: Environment): ServeConfig {
  const dataPath = resolve(options.data)
  return {
    host: options.host,
    port: portFrom(options.port),
    dataPath,
    importRoots: options.importRoot.map((root) => resolve(root)),
    s3: s3AccessFrom(options, env),
    httpHosts: options.allowHttpHost.map(httpHostFrom),
    uploadRoot: uploadRootFrom(options.uploadRoot, dataPath),
    uploadBytesMax: byteCountFrom('--upload-quota', options.uploadQuota),
    // Milvus: the variable that its containers are given.
    isAuthOn: options.auth || env.COMMON_SECURITY_AUTHORIZATIONENABLED === 'true',
    tls: tlsFilesFrom(options),
    compat: compatFrom(options.compat),
    logLevel: logLevelFrom(options.logLevel),
  }
}

/**
 * How S3 is asked for a user who is at this machine: AWS's own variables are the user's word.
 * @returns null where there are no keys
 * @throws parameterInvalid as `serveConfigFrom`
 */
export function userS3AccessFrom(options: S3Options, env: Environment): S3Access | null {
  const hasKeys = Boolean(env.MILLRACE_S3_ACCESS_KEY || env.AWS_ACCESS_KEY_ID)
  const isAsked = Boolean(options.s3Endpoint || options.s3Region)
  if (!hasKeys && !isAsked) return null
  const endpoint = env.MILLRACE_S3_ENDPOINT || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL
  const region = env.MILLRACE_S3_REGION || env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'
  return s3AccessFrom(
    {
      s3Endpoint: options.s3Endpoint ?? (endpoint || undefined),
      s3Region: options.s3Region ?? region,
      s3Addressing: options.s3Addressing,
    },
    env,
  )
}

function portFrom(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw refused('--port', '0 to 65535', text)
}

/** AWS's own variables do not open S3 to every client of a server: only a word of its own does. */
function s3AccessFrom(options: S3Options, env: Environment): S3Access | null {
  const {
    s3Endpoint = env.MILLRACE_S3_ENDPOINT,
    s3Region = env.MILLRACE_S3_REGION,
    s3Addressing = env.MILLRACE_S3_ADDRESSING,
  } = options
  const { MILLRACE_S3_ACCESS_KEY, MILLRACE_S3_SECRET_KEY } = env
  if (!s3Endpoint && !s3Region && !MILLRACE_S3_ACCESS_KEY) return null
  const isOwn = Boolean(MILLRACE_S3_ACCESS_KEY)
  const accessKey = isOwn ? MILLRACE_S3_ACCESS_KEY : env.AWS_ACCESS_KEY_ID
  const secretKey = isOwn ? MILLRACE_S3_SECRET_KEY : env.AWS_SECRET_ACCESS_KEY
  if (!accessKey || !secretKey) {
    throw new MillraceError(
      'parameterInvalid',
      'S3 needs keys: set MILLRACE_S3_ACCESS_KEY and MILLRACE_S3_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
  }
  const endpoint = s3Endpoint ? s3EndpointFrom(s3Endpoint) : null
  return {
    endpoint,
    region: s3Region || env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1',
    pathStyle: isPathStyle(s3Addressing, endpoint),
    accessKey,
    secretKey,
    sessionToken: isOwn ? null : env.AWS_SESSION_TOKEN || null,
  }
}

function s3EndpointFrom(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') return text
  throw refused('--s3-endpoint', 'a URL that begins with http:// or https://', text)
}

function isPathStyle(text: string | undefined, endpoint: string | null): boolean {
  if (text === undefined) return endpoint !== null
  if (text === 'path' || text === 'virtual') return text === 'path'
  throw refused('--s3-addressing', 'path or virtual', text)
}

/** As URLs write it: in lower case, without a usual port. */
function httpHostFrom(text: string): string {
  const url = `http://${text}/`
  if (/^[^/?#@\s]+$/.test(text) && URL.canParse(url)) {
    return new URL(url).host.replace(/:443$/, '')
  }
  throw refused('--allow-http-host', 'a host, or host:port', text)
}

/** Nothing in the data directory is importable. */
function uploadRootFrom(text: string | undefined, dataPath: string): string {
  const path = resolve(text ?? `${dataPath}-uploads`)
  if (!`${path}${sep}`.startsWith(`${dataPath}${sep}`)) return path
  throw refused('--upload-root', `a directory outside of ${dataPath}`, path)
}

function tlsFilesFrom({ tlsCert, tlsKey }: ServeOptions): TlsFiles | null {
  if (tlsCert === undefined && tlsKey === undefined) return null
  if (tlsCert && tlsKey) return { certPath: resolve(tlsCert), keyPath: resolve(tlsKey) }
  throw refused('--tls-cert and --tls-key', 'both of them', tlsCert ?? tlsKey ?? '')
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

function byteCountFrom(option: string, text: string): number {
  const match = /^(\d+)(|[KMGT]iB)$/.exec(text)
  if (match) return Number(match[1]) * byteUnits[match[2]]
  throw refused(option, 'a number of bytes, like 500MiB or 64GiB', text)
}

function compatFrom(text: string): Compat {
  const compat = compatLevels.find((each) => each === text)
  if (compat) return compat
  throw refused('--compat', `one of ${compatLevels.join(', ')}`, text)
}

function logLevelFrom(text: string): LogLevel {
  const level = logLevels.find((each) => each === text)
  if (level) return level
  throw refused('--log-level', `one of ${logLevels.join(', ')}`, text)
}

function refused(option: string, expected: string, got: string): MillraceError {
  return new MillraceError('parameterInvalid', `${option}: expected ${expected}, got "${got}"`)
}
