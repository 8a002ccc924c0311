import { invalidParameter } from './invalid-parameter.js'

/** How far the clocks of a zone are ahead of UTC. */
export interface TimeZone {
  /** In milliseconds, at a moment in milliseconds since 1970. */
  offsetAt(ms: number): number
}

/** Of an IANA name. @throws parameterInvalid with Milvus's text */
export function timeZoneNamed(name: string): TimeZone {
  const known = zones.get(name)
  if (known) return known
  const zone = isUtc(name) ? utc : zoneOf(formatOf(name))
  zones.set(name, zone)
  return zone
}

/** @throws parameterInvalid with Milvus's text */
export function validateTimeZone(name: string): void {
  timeZoneNamed(name)
}

export function isUtc(name: string): boolean {
  return name === 'UTC'
}

/**
 * The moment at which the clocks of a zone show a time, given as if it were UTC. Of a time that they show
 * twice or never it is one of two: the one that Go's time.Date takes, as Milvus does.
 */
export function momentOf(localMs: number, zone: TimeZone): number {
  const guess = zone.offsetAt(localMs)
  return guess === 0 ? localMs : localMs - zone.offsetAt(localMs - guess)
}

const zones = new Map<string, TimeZone>()
const utc: TimeZone = { offsetAt: () => 0 }
const dayMs = 86_400_000
const daysMax = 1 << 16
/** Before it no zone has changed its clocks, and the formats tell years of another kind. */
const leastMs = Date.UTC(1000, 0, 1)

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric'
  try {
    if (!/^[A-Za-z]/.test(timeZone)) throw new RangeError('an offset is no zone')
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
  } catch {
    throw invalidParameter(`unknown or invalid IANA Time Zone ID: ${timeZone}`)
  }
}

/** A day on which clocks do not change is asked for once: a format takes microseconds for every row. */
function zoneOf(format: Intl.DateTimeFormat): TimeZone {
  const days = new Map<number, number | null>()
  const ofDay = (day: number): number | null => {
    const begin = offsetBy(format, day * dayMs)
    const offset = begin === offsetBy(format, (day + 1) * dayMs) ? begin : null
    if (days.size >= daysMax) days.clear()
    days.set(day, offset)
    return offset
  }
  return {
    offsetAt(ms) {
      const day = Math.floor(ms / dayMs)
      const offset = days.get(day)
      return (offset === undefined ? ofDay(day) : offset) ?? offsetBy(format, ms)
    },
  }
}

function offsetBy(format: Intl.DateTimeFormat, ms: number): number {
  const seconds = Math.floor(Math.max(ms, leastMs) / 1000) * 1000
  const parts = new Map(
    format.formatToParts(seconds).map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  const shown = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return shown - seconds
}
