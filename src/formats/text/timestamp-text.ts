const pattern =
  /^\s*(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?)?\s*$/

/**
 * Microseconds since 1970 of an RFC 3339 text or of `YYYY-MM-DD HH:MM:SS[.ffffff][±hh[:mm]]`, or null where it
 * is none. Without an offset it is UTC.
 */
export function microsecondsOf(text: string): bigint | null {
  const match = pattern.exec(text)
  if (!match) return null
  const [, date, time = '00:00:00', fraction = '', offset = 'Z'] = match
  const seconds = time.length === 5 ? `${time}:00` : time
  const ms = Date.parse(`${date}T${seconds}${isoOffset(offset)}`)
  if (Number.isNaN(ms) || !isDate(date)) return null
  return BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

function isoOffset(offset: string): string {
  if (offset.length === 1) return 'Z'
  const digits = offset.replace(':', '')
  return `${digits.slice(0, 3)}:${digits.slice(3) || '00'}`
}

/** Date.parse turns February 30 into March. */
function isDate(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number)
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}
