import { invalidParameter } from './invalid-parameter.js'
import { momentOf, type TimeZone, timeZoneNamed } from './time-zone.js'

const pattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::\d\d)?)?$/
const loosePattern =
  /^\s*(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?)?\s*$/

const [offsetHoursMin, offsetHoursMax] = [-12, 14]
const hourMs = 3_600_000

/**
 * Microseconds since 1970 of an RFC 3339 text, as Milvus reads it.
 * @param timeZone of a time without an offset; undefined: UTC
 * @throws parameterInvalid
 */
export function parseTimestamptz(text: string, timeZone?: string): bigint {
  const match = pattern.exec(text)
  const hours = match ? offsetMs(match[4] ?? 'Z') / hourMs : 0
  if (hours < offsetHoursMin || hours > offsetHoursMax) {
    throw invalidTime(
      text,
      `UTC offset hour ${Math.trunc(hours)} is out of the valid range [${offsetHoursMin}, ${offsetHoursMax}]`,
    )
  }
  const micros = match && microsecondsIn(match, timeZone)
  if (micros !== null) return micros
  throw invalidTime(text, `invalid timestamp string: '${text}'. Does not match any known format`)
}

/**
 * As `parseTimestamptz`, of `YYYY-MM-DD[ HH:MM[:SS[.ffffff]][±hh[[:]mm]]]` too, as files have it; null where
 * it is none.
 */
export function microsecondsOf(text: string, timeZone?: string): bigint | null {
  const match = loosePattern.exec(text)
  return match && microsecondsIn(match, timeZone)
}

/** With a fraction only where there is one. @param timeZone undefined: UTC */
export function formatTimestamptz(microseconds: bigint, timeZone?: string): string {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const ms = Number((microseconds - fraction) / 1000n)
  const offset = zoneOf(timeZone)?.offsetAt(ms) ?? 0
  const seconds = new Date(ms + offset).toISOString().slice(0, -5).replace(/^\+0*/, '')
  const digits = String(fraction).padStart(6, '0').replace(/0+$/, '')
  return `${seconds}${digits === '' ? '' : '.'}${digits}${offsetText(offset)}`
}

/** What calendars and clocks show, by name: the parts that `time_fields` may ask for. */
export type TimePart = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'microsecond'

/** @param timeZone undefined: UTC */
export function timeParts(microseconds: bigint, timeZone?: string): Record<TimePart, number> {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const ms = Number((microseconds - fraction) / 1000n)
  const shown = new Date(ms + (zoneOf(timeZone)?.offsetAt(ms) ?? 0))
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    microsecond: Number(fraction),
  }
}

function microsecondsIn(match: RegExpExecArray, timeZone: string | undefined): bigint | null {
  const [, date, time = '00:00:00', fraction = '', offset] = match
  const seconds = time.length === 5 ? `${time}:00` : time
  const shownMs = Date.parse(`${date}T${seconds}Z`)
  if (Number.isNaN(shownMs) || !isDate(date)) return null
  const zone = offset === undefined ? zoneOf(timeZone) : undefined
  const ms = zone ? momentOf(shownMs, zone) : shownMs - offsetMs(offset ?? 'Z')
  return BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

function zoneOf(timeZone: string | undefined): TimeZone | undefined {
  return timeZone === undefined ? undefined : timeZoneNamed(timeZone)
}

/** Date.parse turns February 30 into March. */
function isDate(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number)
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Of `Z`, `+08`, `+08:00` or `+0800`. */
function offsetMs(offset: string): number {
  if (offset.length === 1) return 0
  const digits = offset.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0')
  return (offset[0] === '-' ? -minutes : minutes) * 60_000
}

/** Seconds, which old times have, are left out, as Go does. */
function offsetText(offset: number): string {
  if (offset === 0) return 'Z'
  const minutes = Math.trunc(Math.abs(offset) / 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function invalidTime(text: string, reason: string): Error {
  return invalidParameter(`got invalid timestamptz string '${text}': ${reason}`)
}
