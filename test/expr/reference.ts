import type { ExprNode, PathNode } from '../../dist/expr/ast.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Row, Value } from './fixture.js'

/**
 * The plain twin of bind and evaluate: an expression over one row of plain values. Undefined is a value
 * that is missing, null a condition that is unknown.
 */
export function rowPasses(node: ExprNode, row: Row, schema: CollectionSchema): boolean | null {
  const passes = (inner: ExprNode) => rowPasses(inner, row, schema)
  const value = (inner: ExprNode) => rowValue(inner, row, schema)
  switch (node.kind) {
    case 'and': {
      const truths = node.operands.map(passes)
      return truths.includes(false) ? false : truths.includes(null) ? null : true
    }
    case 'or': {
      const truths = node.operands.map(passes)
      return truths.includes(true) ? true : truths.includes(null) ? null : false
    }
    case 'not': {
      const truth = passes(node.operand)
      return truth === null ? null : !truth
    }
    case 'comparison': {
      const isConstant = ![node.left, node.right].every((side) => dependsOnRow(side))
      const precise =
        (isConstant && (precisionOf(node.left, schema) ?? precisionOf(node.right, schema))) || same
      const left = precise(value(node.left))
      const right = precise(value(node.right))
      return compares(node.op, left, right)
    }
    case 'in': {
      const precise = precisionOf(node.operand, schema) ?? same
      const left = precise(value(node.operand))
      const items = listed(node.list).map(value)
      if (items.length === 0 && isJson(node.operand, schema)) return false
      if (left === undefined) return null
      const alike = items.filter((item) => kindOf(item) === kindOf(left))
      const isIn = alike.some((item) => compares('==', left, precise(item)) === true)
      // Where a list mixes types, being in none of its other parts is unknown.
      const kinds = new Set(items.map(kindOf))
      if (isIn) return true
      return items.length === 0 || (kinds.size === 1 && alike.length > 0) ? false : null
    }
    case 'like': {
      const text = value(node.operand)
      const pattern = value(node.pattern)
      return typeof text === 'string' ? likeRegExp(String(pattern)).test(text) : null
    }
    case 'regex': {
      const field = rowValue({ ...(node.operand as PathNode), steps: [] }, row, schema)
      const text = value(node.operand)
      const isOfMeta = (node.operand as PathNode).name !== 'doc' && field === undefined
      if (field === undefined && !(isOfMeta && isJson(node.operand, schema))) return null
      return typeof text === 'string' && new RegExp(String(value(node.pattern)), 'su').test(text)
    }
    case 'isNull':
      return (value(node.operand) ?? null) === null
    case 'exists': {
      const path = node.operand as PathNode
      if (rowValue({ ...path, steps: [] }, row, schema) === undefined && path.name === 'doc')
        return null
      return !isVoid(value(node.operand))
    }
    case 'call':
      return contains(node.name, node.args.map(value))
    case 'literal':
      return node.value === true
    default: {
      const flag = value(node)
      return typeof flag === 'boolean' ? flag : null
    }
  }
}

function listed(list: ExprNode): readonly ExprNode[] {
  if (list.kind !== 'integers') return (list as Extract<ExprNode, { kind: 'list' }>).items
  return list.items.map((item) => ({ kind: 'literal', value: BigInt(item) }))
}

function rowValue(node: ExprNode, row: Row, schema: CollectionSchema): Value | undefined {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'list':
      return node.items.map((item) => rowValue(item, row, schema) as Value)
    case 'sign':
    case 'arithmetic':
      return clamped(exactValue(node, row, schema))
    case 'call': {
      const list = rowValue(node.args[0], row, schema)
      return Array.isArray(list) ? BigInt(list.length) : undefined
    }
    case 'path':
      return pathValue(node, row, schema)
    default:
      throw new TypeError(node.kind)
  }
}

function exactValue(
  node: Extract<ExprNode, { kind: 'sign' | 'arithmetic' }>,
  row: Row,
  schema: CollectionSchema,
): Value | undefined {
  if (node.kind === 'sign') {
    const operand = operandValue(node.operand, row, schema)
    return node.op === '+' ? operand : arithmetic('-', 0n, operand)
  }
  const precise = isFloat(node, schema) ? asFloat : (value?: Value) => value
  const left = precise(operandValue(node.left, row, schema))
  const right = precise(operandValue(node.right, row, schema))
  const isDouble = isJson(node.left, schema) || isJson(node.right, schema)
  return precise(arithmetic(node.op, left, right, isDouble))
}

function clamped(value: Value | undefined): Value | undefined {
  if (typeof value !== 'bigint') return value
  const max = 2n ** 63n - 1n
  return value > max ? max : value < -max - 1n ? -max - 1n : value
}

/** What int64 cannot hold is null to whoever reckons on, and the nearest that it can hold to a comparison. */
function operandValue(node: ExprNode, row: Row, schema: CollectionSchema): Value | undefined {
  if (node.kind !== 'sign' && node.kind !== 'arithmetic') return rowValue(node, row, schema)
  const value = exactValue(node, row, schema)
  return clamped(value) === value ? value : undefined
}

function pathValue({ name, steps }: PathNode, row: Row, schema: CollectionSchema) {
  const field = schema.fields.find((item) => item.name === name)
  let value: Value | undefined = field === undefined ? row.$meta : (row[name] ?? undefined)
  if (field && field.dataType === DataType.Float && value !== undefined)
    value = Math.fround(Number(value))
  if (field && field.dataType >= DataType.Int8 && field.dataType <= DataType.Int32) {
    if (value !== undefined) value = BigInt(value as number)
  }
  for (const step of field === undefined ? [name, ...steps] : steps) {
    if (value === null || typeof value !== 'object') return undefined
    value = Object.hasOwn(value, step) ? (value as Record<string, Value>)[step] : undefined
  }
  return value
}

function arithmetic(op: string, left?: Value, right?: Value, isDouble = false): Value | undefined {
  if (kindOf(left) !== 'number' || kindOf(right) !== 'number') return undefined
  if (typeof left === 'bigint' && typeof right === 'bigint' && !isDouble) {
    if (right === 0n && (op === '/' || op === '%')) return undefined
    const results = {
      '+': () => left + right,
      '-': () => left - right,
      '*': () => left * right,
      '/': () => left / right,
      '%': () => left % right,
      '&': () => left & right,
      '|': () => left | right,
      '^': () => left ^ right,
      '<<': () => (right < 0n ? undefined : BigInt.asIntN(64, left << right)),
      '>>': () => (right < 0n ? undefined : left >> right),
    }
    return results[op as keyof typeof results]()
  }
  const x = Number(left)
  const y = Number(right)
  return { '+': x + y, '-': x - y, '*': x * y, '/': x / y, '%': x % y }[op]
}

function compares(op: string, left?: Value, right?: Value): boolean | null {
  if (kindOf(left) === 'other' || kindOf(left) !== kindOf(right)) return null
  const [x, y] =
    typeof left === 'string'
      ? [Buffer.from(left).toString('hex'), Buffer.from(String(right)).toString('hex')]
      : [left!, right!]
  if (op === '==') return x >= y && x <= y
  if (op === '!=') return !(x >= y && x <= y)
  if (op === '<') return x < y
  if (op === '<=') return x <= y
  return op === '>' ? x > y : x >= y
}

/** Constants against a floating column take its precision. */
function precisionOf(node: ExprNode, schema: CollectionSchema) {
  if (isFloat(node, schema)) return asFloat
  if (node.kind === 'arithmetic') return isDouble(node, schema) ? asDouble : undefined
  if (node.kind !== 'path') return undefined
  const dataType = schema.fields.find(({ name }) => name === node.name)?.dataType
  return dataType === DataType.Double ? asDouble : undefined
}

/** A float, or what is reckoned of floats and constants alone. */
function isFloat(node: ExprNode, schema: CollectionSchema): boolean {
  if (node.kind === 'arithmetic') {
    const operands = [node.left, node.right].filter(dependsOnRow)
    return operands.length > 0 && operands.every((operand) => isFloat(operand, schema))
  }
  if (node.kind !== 'path') return false
  return schema.fields.find(({ name }) => name === node.name)?.dataType === DataType.Float
}

function isDouble(node: ExprNode, schema: CollectionSchema): boolean {
  if (node.kind === 'arithmetic') return isDouble(node.left, schema) || isDouble(node.right, schema)
  if (node.kind === 'literal') return typeof node.value === 'number'
  return isJson(node, schema) || precisionOf(node, schema) !== undefined
}

function isJson(node: ExprNode, schema: CollectionSchema): boolean {
  if (node.kind !== 'path') return false
  const field = schema.fields.find(({ name }) => name === node.name)
  return field === undefined || field.dataType === DataType.JSON
}

function dependsOnRow(node: ExprNode): boolean {
  return node.kind !== 'literal' && (node.kind !== 'sign' || dependsOnRow(node.operand))
}

function same(value: Value | undefined): Value | undefined {
  return value
}

function asDouble(value: Value | undefined): Value | undefined {
  return kindOf(value) === 'number' ? Number(value) : value
}

function asFloat(value: Value | undefined): Value | undefined {
  return kindOf(value) === 'number' ? Math.fround(Number(value)) : value
}

function kindOf(value?: Value): string {
  const type = typeof value
  if (type === 'bigint' || type === 'number') return 'number'
  return type === 'string' || type === 'boolean' ? type : 'other'
}

function isVoid(value?: Value): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.values(value).every(isVoid)
}

function contains(name: string, [list, wanted]: (Value | undefined)[]): boolean | null {
  if (!Array.isArray(list)) return null
  const has = (item: Value) => list.some((element) => compares('==', element, item) === true)
  if (name.endsWith('_all')) return (wanted as Value[]).every(has)
  return name.endsWith('_any') ? (wanted as Value[]).some(has) : has(wanted as Value)
}

function likeRegExp(pattern: string): RegExp {
  const source = [...pattern.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain]) => {
    if (plain === '%') return '.*'
    return plain === '_' ? '.' : (escaped ?? plain).replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 'su')
}
