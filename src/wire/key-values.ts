import type { KeyValuePair } from './generated/messages.js'

/** Pairs in their order; a key may come twice. */
type KeyValues = readonly (readonly [key: string, value: string])[]

export function pairsFromKeyValues(keyValues: readonly KeyValuePair[]): KeyValues {
  return keyValues.map(({ key, value }) => [key, value] as const)
}

export function keyValuesFromPairs(pairs: KeyValues): KeyValuePair[] {
  return pairs.map(([key, value]) => ({ key, value }))
}
