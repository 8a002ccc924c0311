const logicalBits = 18n

/** Milliseconds since 1970 of a hybrid timestamp. */
export function physicalMs(timestamp: bigint): bigint {
  return timestamp >> logicalBits
}
