import { type Logger, pino } from 'pino'
import type { LogLevel } from '../config.js'

/** Readable lines in a terminal, JSON where a program reads. */
export async function createLog(level: LogLevel): Promise<Logger> {
  if (!process.stdout.isTTY) return pino({ level })
  const { default: pretty } = await import('pino-pretty')
  return pino(
    { level },
    pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }),
  )
}
