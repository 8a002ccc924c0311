import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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

export type LogLevel = (typeof logLevels)[number]

export const serveDefaults: ServeOptions = {
  host: '127.0.0.1',
  port: '19530',
  data: './millrace-data',
  importRoot: ['.'],
  logLevel: 'info',
}

/** `millrace serve`, checked: paths are absolute. */
export interface ServeConfig {
  readonly host: string
  readonly port: number
  readonly dataPath: string
  /** Imports read files below these; a relative path is looked for in their order. */
  readonly importRoots: readonly string[]
  readonly logLevel: LogLevel
}

/** The command line's words. */
export interface ServeOptions {
  readonly host: string
  readonly port: string
  readonly data: string
  readonly importRoot: readonly string[]
  readonly logLevel: string
}

/** @throws parameterInvalid naming the option, what is expected and what was given */
export function serveConfigFrom(options: ServeOptions): ServeConfig {
  return {
    host: options.host,
    port: portFrom(options.port),
    dataPath: resolve(options.data),
    importRoots: options.importRoot.map((root) => resolve(root)),
    logLevel: logLevelFrom(options.logLevel),
  }
}

function portFrom(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw new MillraceError('parameterInvalid', `--port: expected 0 to 65535, got "${text}"`)
}

function logLevelFrom(text: string): LogLevel {
  const level = logLevels.find((each) => each === text)
  if (level) return level
  throw new MillraceError(
    'parameterInvalid',
    `--log-level: expected one of ${logLevels.join(', ')}, got "${text}"`,
  )
}
