import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeZoneNamed, validateTimeZone } from '../../dist/schema/time-zone.js'
import {
  formatTimestamptz,
  microsecondsOf,
  parseTimestamptz,
  timeParts,
} from '../../dist/schema/timestamptz.js'

const micros = (text: string) => BigInt(Date.parse(text)) * 1000n

describe('times in a zone', () => {
  it.each([
    ['2025-01-01 00:00:00', 'Asia/Shanghai', '2024-12-31T16:00:00Z'],
    ['2025-01-01T00:00:00', 'Asia/Kathmandu', '2024-12-31T18:15:00Z'],
    ['2025-07-01T00:00:00', 'America/New_York', '2025-07-01T04:00:00Z'],
    ['2025-12-01T00:00:00', 'America/New_York', '2025-12-01T05:00:00Z'],
    ['2025-01-01T00:00:00+02:00', 'Asia/Shanghai', '2024-12-31T22:00:00Z'],
    ['2025-01-01 00:00:00Z', 'Asia/Shanghai', '2025-01-01T00:00:00Z'],
    ['2025-01-01 00:00:00-07', 'Asia/Shanghai', '2025-01-01T07:00:00Z'],
    ['2025-07-01T00:00:00', 'Europe/London', '2025-06-30T23:00:00Z'],
  ])('reads %s in %s', (text, timeZone, moment) => {
    expect(parseTimestamptz(text, timeZone)).toBe(micros(moment))
    expect(microsecondsOf(text, timeZone)).toBe(micros(moment))
  })

  it('takes one of two moments where clocks show none, or two, as Go does', () => {
    const zone = 'America/New_York'
    expect(parseTimestamptz('2025-03-09T02:30:00', zone)).toBe(micros('2025-03-09T06:30:00Z'))
    expect(parseTimestamptz('2025-11-02T01:30:00', zone)).toBe(micros('2025-11-02T05:30:00Z'))
  })

  it.each([
    ['2024-12-31T16:00:00Z', 'Asia/Shanghai', '2025-01-01T00:00:00+08:00'],
    ['2025-07-01T04:00:00.120Z', 'America/New_York', '2025-07-01T00:00:00.12-04:00'],
    ['2025-01-01T00:00:00Z', 'Europe/London', '2025-01-01T00:00:00Z'],
    ['1969-12-31T23:59:59.5Z', 'Asia/Kolkata', '1970-01-01T05:29:59.5+05:30'],
    ['1900-01-01T00:00:00Z', 'Asia/Shanghai', '1900-01-01T08:05:43+08:05'],
    ['9999-12-31T23:46:05Z', 'Asia/Shanghai', '10000-01-01T07:46:05+08:00'],
  ])('writes %s in %s', (moment, timeZone, text) => {
    expect(formatTimestamptz(micros(moment), timeZone)).toBe(text)
  })

  it('reads what it writes, in every zone that it is asked for', () => {
    const zones = [
      'UTC',
      'Asia/Shanghai',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
    ]
    const moment = fc.bigInt({ min: micros('1930-01-01'), max: micros('2100-01-01') })
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (given, zone) => {
        expect(parseTimestamptz(formatTimestamptz(given, zone))).toBe(given)
      }),
      { seed: 7 },
    )
  })

  it('finds each change of the clocks, to the second', () => {
    const zone = timeZoneNamed('America/New_York')
    const change = Date.parse('2025-03-09T07:00:00Z')
    expect(zone.offsetAt(change - 1)).toBe(-5 * 3_600_000)
    expect(zone.offsetAt(change)).toBe(-4 * 3_600_000)
  })

  it('gives the parts that clocks show', () => {
    const given = micros('2024-12-31T16:00:00Z') + 5n
    const parts = { year: 2025, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 5 }
    expect(timeParts(given, 'Asia/Shanghai')).toEqual(parts)
    expect(timeParts(given)).toMatchObject({ year: 2024, month: 12, day: 31, hour: 16 })
  })

  it.each(['Mars/Base', '', '+08:00'])('refuses the zone "%s"', (zone) => {
    expect(() => validateTimeZone(zone)).toThrow(`unknown or invalid IANA Time Zone ID: ${zone}`)
  })

  it.each([
    ['soon', "invalid timestamp string: 'soon'. Does not match any known format"],
    ['2025-02-29 00:00:00', 'Does not match any known format'],
    ['2025-04-31 00:00:00', 'Does not match any known format'],
    ['2025-01-01T00:00:00+24:00', 'UTC offset hour 24 is out of the valid range [-12, 14]'],
    ['2025-01-01', 'Does not match any known format'],
  ])('refuses %s in a request', (text, reason) => {
    expect(() => parseTimestamptz(text)).toThrow(reason)
  })
})
