/** An ISO 8601 duration: calendar months apart from the rest, since they have no fixed length. */
export interface TimeInterval {
  readonly months: number
  readonly microseconds: bigint
}

const pattern =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** Null where the text is no duration. */
export function parseTimeInterval(text: string): TimeInterval | null {
  const match = pattern.exec(text)
  if (match === null) return null
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  const wholeDays = weeks * 7 + days
  const wholeSeconds = ((wholeDays * 24 + hours) * 60 + minutes) * 60 + seconds
  return { months: years * 12 + months, microseconds: BigInt(wholeSeconds) * 1_000_000n }
}

/** A day that a month lacks goes on into the next month, as in Milvus. */
export function shiftTimes(
  times: BigInt64Array,
  { months, microseconds }: TimeInterval,
  sign: 1 | -1,
): BigInt64Array {
  const shift = BigInt(sign) * microseconds
  if (months === 0) return times.map((time) => time + shift)
  return times.map((time) => withMonths(time, sign * months) + shift)
}

function withMonths(time: bigint, months: number): bigint {
  const rest = ((time % 1000n) + 1000n) % 1000n
  const date = new Date(Number((time - rest) / 1000n))
  date.setUTCMonth(date.getUTCMonth() + months)
  return BigInt(date.getTime()) * 1000n + rest
}
