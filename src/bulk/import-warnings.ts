/** A file of many ignored columns must not make a task that is too large to keep. */
const warningsMax = 100
const moreWarnings = `more was ignored than the ${warningsMax} things that are named`

/** Each warning once, in the order in which they came, and no more of them than a task keeps. */
export function allWarnings(known: readonly string[], found: readonly string[]): readonly string[] {
  const all = [...new Set([...known, ...found])]
  if (all.length === known.length) return known
  const named = all.filter((warning) => warning !== moreWarnings)
  return named.length > warningsMax ? [...named.slice(0, warningsMax), moreWarnings] : named
}
