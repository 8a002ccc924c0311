/**
 * JSON that keeps bigints: one is written as `{"$int":"123"}`. Maps, typed arrays and undefined have no
 * place in it.
 */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    typeof item === 'bigint' ? { $int: item.toString() } : item,
  )
}

export function parseExact<Value>(text: string): Value {
  return JSON.parse(text, (_key, item) =>
    item !== null && typeof item === 'object' && typeof item.$int === 'string'
      ? BigInt(item.$int)
      : item,
  )
}
