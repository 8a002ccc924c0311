/** `part-2` comes before `part-10`; a folder's files stand together. */
export function inNaturalOrder(one: string, other: string): number {
  collator ??= new Intl.Collator('en', { numeric: true, sensitivity: 'variant' })
  return collator.compare(one, other) || (one < other ? -1 : Number(one > other))
}

/** Made when the first names are put in order: it takes ten milliseconds of a start. */
let collator: Intl.Collator | null = null
