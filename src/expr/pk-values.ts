import type { BoundExpr } from './bound-expr.js'
import type { ColumnTest } from './column-test.js'

/** Nobody may write to it. */
type PkValues = readonly (bigint | string)[] | BigInt64Array

/**
 * The primary keys that an expression names, where it does nothing else: `pk == x` or `pk in [...]`.
 * Null where it must be evaluated.
 */
export function pkValuesOf(bound: BoundExpr): PkValues | null {
  if (bound.kind !== 'test' || bound.value.kind !== 'field') return null
  return bound.value.field.isPrimaryKey ? valuesOf(bound.test) : null
}

function valuesOf(test: ColumnTest): PkValues | null {
  switch (test.kind) {
    case 'int64Range':
      if (test.low > test.high) return []
      return test.low === test.high ? [test.low] : null
    case 'int64Set':
      return test.values
    case 'text':
      return test.op === '==' ? [textFrom(test.bytes)] : null
    case 'textSet':
      return test.values.map(textFrom)
    default:
      return null
  }
}

function textFrom(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
