import { invalidParameter } from './invalid-parameter.js'

const pattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?$/

/** Microseconds since 1970 of an ISO 8601 text; without an offset it is UTC. @throws parameterInvalid */
export function parseTimestamptz(text: string): bigint {
  const [, date, time, fraction = '', offset = 'Z'] = pattern.exec(text) ?? []
  const ms = Date.parse(`${date}T${time}${offset}`)
  if (Number.isNaN(ms)) throw invalidParameter(`expected an ISO 8601 timestamp, got '${text}'`)
  return BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** In UTC, with a fraction only where there is one. */
export function formatTimestamptz(microseconds: bigint): string {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((microseconds - fraction) / 1000n)).toISOString().slice(0, -5)
  if (fraction === 0n) return `${seconds}Z`
  return `${seconds}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}Z`
}
