import type { Command } from 'commander'
import { serverAddressFrom } from './server-address.js'
import { usage } from './usage.js'

/** The command line's words for a server, and for who asks it. */
export interface ServerWords {
  readonly address: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  readonly db?: string
}

/** A server, and as whom and in which of its databases it is asked. */
export interface ServerPlace {
  /** `host:port`. */
  readonly address: string
  /** An API key, or `user:password`. */
  readonly token?: string
  readonly dbName?: string
}

type Environment = Readonly<Record<string, string | undefined>>

export function addServerOptions(command: Command, defaultAddress: string): Command {
  return command
    .option('--address <host:port>', 'the server', defaultAddress)
    .option('--user <name>', 'who asks, with --password or MILLRACE_PASSWORD')
    .option('--password <word>', 'of the user')
    .option('--token <token>', 'an API key or user:password; else MILLRACE_TOKEN')
    .option('--db <name>', 'the database')
}

/**
 * @param env where a password or a token may stand, which a command line would show to everybody
 * @throws parameterInvalid naming the option
 */
export function serverPlaceFrom(words: ServerWords, env: Environment): ServerPlace {
  const token = tokenFrom(words, env)
  return {
    address: serverAddressFrom(words.address),
    ...(token ? { token } : {}),
    ...(words.db ? { dbName: words.db } : {}),
  }
}

function tokenFrom({ user, password, token }: ServerWords, env: Environment): string | undefined {
  if (token !== undefined && user !== undefined) {
    throw usage('--token and --user: expected one of them, got both')
  }
  if (password !== undefined && user === undefined) {
    throw usage('--password: expected --user beside it')
  }
  if (user === undefined) return token ?? env.MILLRACE_TOKEN
  const word = password ?? env.MILLRACE_PASSWORD
  if (word !== undefined) return `${user}:${word}`
  throw usage('--user: expected --password beside it, or the password in MILLRACE_PASSWORD')
}
