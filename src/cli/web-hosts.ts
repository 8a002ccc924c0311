/** The hosts of the names that are URLs: who names one means it to be read. */
export function webHostsOf(names: readonly string[]): string[] {
  return names.flatMap((name) =>
    /^https?:\/\//i.test(name) && URL.canParse(name) ? [new URL(name).host] : [],
  )
}
