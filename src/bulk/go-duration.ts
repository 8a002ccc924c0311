const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go's text of a duration, such as `300s`, `1.5h` or `1h30m`; null where it is none. */
export function durationMsFrom(text: string): number | null {
  if (text === '0') return 0
  if (!/^([\d.]+(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return null
  let sum = 0
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    if (!/^(\d+\.?\d*|\.\d+)$/.test(number)) return null
    sum += Number(number) * unitMs[unit]
  }
  return sum
}
