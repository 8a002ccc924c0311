const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' })

/** `part-2` comes before `part-10`; a folder's files stand together. */
export function inNaturalOrder(one: string, other: string): number {
  return collator.compare(one, other) || (one < other ? -1 : Number(one > other))
}
