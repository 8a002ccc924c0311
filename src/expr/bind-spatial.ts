import type { Geometry } from '../geometry/geometry.js'
import { parseWkt } from '../geometry/parse-wkt.js'
import type { SpatialOperation } from '../geometry/spatial-predicate.js'
import { WktFault } from '../geometry/wkt-cursor.js'
import { DataType } from '../schema/data-type.js'
import type { CallNode, ExprNode, Literal } from './ast.js'
import { type Binding, bindPath, bindValue } from './bind-value.js'
import type { BoundExpr, FieldValue } from './bound-expr.js'
import { exprError } from './expr-error.js'
import { constantOf, literalText } from './fold-constant.js'

const operations: Readonly<Record<string, SpatialOperation>> = {
  st_equals: 'equals',
  st_touches: 'touches',
  st_overlaps: 'overlaps',
  st_crosses: 'crosses',
  st_contains: 'contains',
  st_intersects: 'intersects',
  st_within: 'within',
  st_dwithin: 'dwithin',
  st_isvalid: 'isvalid',
}

/** Whether `name` is ST_EQUALS or one of its kin. */
export function isSpatial(name: string): boolean {
  return operations[name] !== undefined
}

/** A geometry field, what it is asked of, and of `st_dwithin` within how many metres. */
export function bindSpatial({ name, args }: CallNode, binding: Binding): BoundExpr {
  const operation = operations[name]
  const wanted = argCounts[operation] ?? 2
  if (args.length !== wanted) {
    throw exprError(binding.text, `${name} takes ${wanted} arguments, got ${args.length}`)
  }
  const value = bindGeometryField(operation, args[0], binding)
  const predicate = {
    operation,
    wkt: wanted === 1 ? '' : bindWkt(operation, args[1], binding),
    distance: wanted === 3 ? bindDistance(args[2], binding) : 0,
  }
  return { kind: 'spatial', value, predicate }
}

const argCounts: { readonly [Operation in SpatialOperation]?: number } = { isvalid: 1, dwithin: 3 }

function bindGeometryField(
  operation: SpatialOperation,
  node: ExprNode,
  binding: Binding,
): FieldValue {
  const value = node.kind === 'path' ? bindPath(node, binding) : null
  if (value?.kind === 'field' && value.dataType === DataType.Geometry) return value
  const what = milvusNames[operation] ?? 'spatial'
  const found = node.kind === 'path' ? node.name : node.kind
  throw exprError(
    binding.text,
    `${what} operation are only supported on geometry fields now, got: ${found}`,
  )
}

/** Milvus: in its errors. */
const milvusNames: { readonly [Operation in SpatialOperation]?: string } = {
  isvalid: 'STIsValid',
  dwithin: 'ST_DWITHIN',
}

function bindWkt(operation: SpatialOperation, node: ExprNode, binding: Binding): string {
  const wkt = bindConstant(node, binding)
  if (typeof wkt !== 'string') {
    throw exprError(binding.text, `expected well-known text, got ${literalText(wkt)}`)
  }
  const { type } = parsedWkt(wkt, binding)
  if (operation === 'dwithin' && type !== 'POINT') {
    throw exprError(binding.text, `ST_DWITHIN only supports POINT geometry, got: ${type}`)
  }
  return wkt
}

function parsedWkt(wkt: string, { text }: Binding): Geometry {
  try {
    return parseWkt(wkt)
  } catch (thrown) {
    if (thrown instanceof WktFault) throw exprError(text, thrown.message)
    throw thrown
  }
}

function bindDistance(node: ExprNode, binding: Binding): number {
  const constant = bindConstant(node, binding)
  if (typeof constant !== 'bigint' && typeof constant !== 'number') {
    throw exprError(
      binding.text,
      `distance parameter must be a numeric value (int or float), got: ${literalText(constant)}`,
    )
  }
  const distance = Number(constant)
  if (distance >= 0) return distance
  throw exprError(
    binding.text,
    `distance parameter must be non-negative, got: ${distance.toFixed(6)}`,
  )
}

/** A template variable that has no value is refused by its name. */
function bindConstant(node: ExprNode, binding: Binding): Literal {
  const constant = constantOf(node, binding.text)
  if (constant !== undefined) return constant
  const value = bindValue(node, binding)
  throw exprError(binding.text, `expected a constant, got ${value.kind}`)
}
