import { DataType, dataTypeName } from '../schema/data-type.js'
import { parseTimestamptz } from '../schema/timestamptz.js'
import type { ComparisonNode, ComparisonOperator, ExprNode, IntegersNode, Literal } from './ast.js'
import { type Binding, bindValue, classOf, type ValueClass, valueText } from './bind-value.js'
import type { BoundExpr, ColumnValue, JsonScalar, JsonValue } from './bound-expr.js'
import {
  flagTest,
  numberComparisonTest,
  numberSetTest,
  type OrderOperator,
  textComparisonTest,
  textSetTest,
} from './column-test.js'
import { exprError, unsupportedError } from './expr-error.js'
import { constantOf, literalText } from './fold-constant.js'
import { exactNumber, listScalar } from './json-scalar.js'
import { parseLikePattern } from './like-pattern.js'
import { orderHolds } from './run-test.js'

export function bindComparison(node: ComparisonNode, binding: Binding): BoundExpr {
  if (node.left.kind === 'time' || node.left.kind === 'list') {
    return bindComparison(
      { ...node, op: flipped[node.op], left: node.right, right: node.left },
      binding,
    )
  }
  if (node.right.kind === 'time') return timeComparison(node, node.right.text, binding)
  if (node.right.kind === 'list') return listComparison(node, node.right, binding)
  const left = constantOf(node.left, binding.text)
  const right = constantOf(node.right, binding.text)
  if (left !== undefined && right !== undefined) {
    return { kind: 'constant', truth: constantsCompare(node.op, left, right, binding.text) }
  }
  if (right !== undefined) {
    return constantComparison(bindValue(node.left, binding), node.op, right, binding.text)
  }
  if (left !== undefined) {
    const value = bindValue(node.right, binding)
    return constantComparison(value, flipped[node.op], left, binding.text)
  }
  return columnComparison(node, binding)
}

/** A constant of JSON: a list, too, is one. */
export function bindJsonScalar(node: ExprNode, binding: Binding): JsonScalar {
  if (node.kind === 'list')
    return listScalar(node.items.map((item) => bindJsonScalar(item, binding)))
  const [constant] = bindConstants({ kind: 'list', items: [node] }, binding)
  return typeof constant === 'number' || typeof constant === 'bigint'
    ? exactNumber(constant)
    : constant
}

/** `value in [constants]`. */
export function bindIn(operand: ExprNode, list: ExprNode, binding: Binding): BoundExpr {
  const ofIntegers = list.kind === 'integers' ? numberIn(operand, list, binding) : null
  if (ofIntegers) return ofIntegers
  const constants = bindConstants(list, binding)
  const constant = constantOf(operand, binding.text)
  if (constant !== undefined) {
    const isEqual = (item: Literal) => constantsCompare('==', constant, item, binding.text)
    return { kind: 'constant', truth: constants.some(isEqual) }
  }
  const value = bindValue(operand, binding)
  return value.kind === 'json' ? jsonIn(value, constants) : columnIn(value, constants, binding.text)
}

/** A hundred thousand integers are not made constants first. */
function numberIn(operand: ExprNode, { items }: IntegersNode, binding: Binding): BoundExpr | null {
  if (constantOf(operand, binding.text) !== undefined) return null
  const value = bindValue(operand, binding)
  if (classOf(value) !== 'number') return null
  return { kind: 'test', value, test: numberSetTest(value.dataType, items) }
}

export function bindLike(
  operand: ExprNode,
  pattern: ExprNode,
  { text, ...rest }: Binding,
): BoundExpr {
  const constant = constantOf(pattern, text)
  if (typeof constant !== 'string') throw exprError(text, 'the pattern of like must be a string')
  const value = bindValue(operand, { text, ...rest })
  const test = { kind: 'like', pattern: parseLikePattern(constant) } as const
  if (value.kind === 'json') return { kind: 'test', value: asType(value, 'text'), test }
  if (classOf(value) === 'text') return { kind: 'test', value, test }
  throw exprError(text, `like needs a VarChar, got ${valueText(value)}`)
}

/** A bool column, or a place in JSON, as a condition of its own. */
export function bindFlag(value: ColumnValue, text: string): BoundExpr {
  if (value.kind === 'json') return { kind: 'test', value: asType(value, 'flag'), test: flagTest }
  if (classOf(value) === 'flag') return { kind: 'test', value, test: flagTest }
  throw exprError(text, `predicate is not a boolean expression: ${valueText(value)}`)
}

/** The constants of a list. */
export function bindConstants(list: ExprNode, binding: Binding): readonly Literal[] {
  if (list.kind === 'template') bindValue(list, binding)
  if (list.kind === 'integers') return Array.from(list.items, BigInt)
  if (list.kind !== 'list') throw exprError(binding.text, 'expected a list of constants')
  return list.items.map((item) => {
    if (item.kind === 'list') throw unsupportedError(binding.text, 'a list in a list')
    const constant = constantOf(item, binding.text)
    if (constant !== undefined) return constant
    if (item.kind === 'template' || item.kind === 'path') bindValue(item, binding)
    throw exprError(binding.text, 'a list may hold constants only')
  })
}

/** The test of `value in [constants]` for a column of numbers, strings or bools. */
export function columnSetTest(value: ColumnValue, constants: readonly Literal[], text: string) {
  const valueClass = classOf(value)
  for (const constant of constants) checkComparable(value, valueClass, constant, text)
  if (valueClass === 'text') return textSetTest(constants as string[])
  if (valueClass === 'flag') return numberSetTest(DataType.Int8, constants.map(Number))
  return numberSetTest(value.dataType, constants as (number | bigint)[])
}

function timeComparison({ op, left }: ComparisonNode, time: string, binding: Binding): BoundExpr {
  const value = bindValue(left, binding)
  if (value.dataType !== DataType.Timestamptz) {
    throw exprError(binding.text, `ISO compares a Timestamptz, got ${valueText(value)}`)
  }
  const constant = parseTimestamptz(time, timeZoneOf(value))
  if (op !== '!=') {
    return { kind: 'test', value, test: numberComparisonTest(DataType.Int64, op, constant) }
  }
  const test = numberComparisonTest(DataType.Int64, '==', constant)
  return { kind: 'not', operand: { kind: 'test', value, test } }
}

/** A schema that is bound says it in its fields. */
function timeZoneOf(value: ColumnValue): string | undefined {
  if (value.kind === 'shifted') return value.time.field.timeZone
  return value.kind === 'field' ? value.field.timeZone : undefined
}

/** An Array field, or a place in JSON, against a list. */
function listComparison(
  { op, left }: ComparisonNode,
  list: ExprNode & { readonly kind: 'list' },
  binding: Binding,
): BoundExpr {
  if (op !== '==' && op !== '!=') throw exprError(binding.text, `${op} does not compare lists`)
  const value = bindValue(left, binding)
  const equals = listEquality(value, list, binding)
  return op === '==' ? equals : { kind: 'not', operand: equals }
}

function listEquality(
  value: ColumnValue,
  list: ExprNode & { readonly kind: 'list' },
  binding: Binding,
): BoundExpr {
  if (value.kind === 'json') {
    return { kind: 'jsonListEquals', value, wanted: bindJsonScalar(list, binding) }
  }
  if (value.kind !== 'field' || value.dataType !== DataType.Array) {
    throw exprError(binding.text, `${valueText(value)} cannot be compared with a list`)
  }
  const { field } = value
  const element = { kind: 'element', field, index: 0, dataType: field.elementType } as const
  const constants = bindConstants(list, binding)
  const tests = constants.map((constant) => columnSetTest(element, [constant], binding.text))
  return { kind: 'listEquals', list: value, tests }
}

const flipped: Record<ComparisonOperator, ComparisonOperator> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function constantsCompare(
  op: ComparisonOperator,
  left: Literal,
  right: Literal,
  text: string,
): boolean {
  if (classOfLiteral(left) !== classOfLiteral(right)) {
    throw exprError(text, `cannot compare ${literalText(left)} with ${literalText(right)}`)
  }
  const sign =
    typeof left === 'string'
      ? Buffer.compare(Buffer.from(left), Buffer.from(String(right)))
      : Number(left > right) - Number(left < right)
  return op === '!=' ? sign !== 0 : orderHolds(op, sign)
}

function constantComparison(
  value: ColumnValue,
  op: ComparisonOperator,
  constant: Literal,
  text: string,
): BoundExpr {
  if (typeof constant === 'boolean' && op !== '==' && op !== '!=') {
    throw exprError(text, `${op} does not compare ${valueText(value)} with a bool`)
  }
  if (value.kind === 'json' && (typeof constant === 'number' || typeof constant === 'bigint')) {
    return { kind: 'jsonNumber', value, test: { op, constant: exactNumber(constant) } }
  }
  if (op === '!=') {
    return { kind: 'not', operand: constantComparison(value, '==', constant, text) }
  }
  const typed = value.kind === 'json' ? asType(value, classOfLiteral(constant)) : value
  return { kind: 'test', value: typed, test: comparisonTest(typed, op, constant, text) }
}

function comparisonTest(value: ColumnValue, op: OrderOperator, constant: Literal, text: string) {
  checkComparable(value, classOf(value), constant, text)
  if (typeof constant === 'string') return textComparisonTest(op, constant)
  if (typeof constant !== 'boolean') return numberComparisonTest(value.dataType, op, constant)
  return numberComparisonTest(DataType.Int8, '==', Number(constant))
}

function checkComparable(
  value: ColumnValue,
  valueClass: ValueClass,
  constant: Literal,
  text: string,
): void {
  if (valueClass === classOfLiteral(constant)) return
  const reason = `${valueText(value)} cannot be compared with ${typedText(constant)}`
  throw exprError(text, `${reason}: ${milvusReason(value, constant)}`)
}

/** What Milvus says of it, which its clients match on. */
function milvusReason(value: ColumnValue, constant: Literal): string {
  const typeName = dataTypeName(value.dataType)
  if (value.kind === 'element') return `cannot cast value to ${typeName}`
  return `comparisons between ${typeName} and ${typeNameOf(constant)} are not supported`
}

function classOfLiteral(constant: Literal): 'number' | 'text' | 'flag' {
  if (typeof constant === 'string') return 'text'
  return typeof constant === 'boolean' ? 'flag' : 'number'
}

function typedText(constant: Literal): string {
  return `${literalText(constant)} of type ${typeNameOf(constant)}`
}

function typeNameOf(constant: Literal): string {
  const typeNames = { string: 'VarChar', boolean: 'Bool', bigint: 'Int64', number: 'Double' }
  return typeNames[typeof constant as keyof typeof typeNames]
}

function asType(value: JsonValue, valueClass: 'number' | 'text' | 'flag'): JsonValue {
  const dataTypes = { number: DataType.Double, text: DataType.VarChar, flag: DataType.Bool }
  return { ...value, dataType: dataTypes[valueClass] }
}

function columnComparison({ op, left, right }: ComparisonNode, binding: Binding): BoundExpr {
  const leftValue = bindValue(left, binding)
  const rightValue = bindValue(right, binding)
  const valueClass = classOf(leftValue)
  if (valueClass === 'json' || classOf(rightValue) === 'json') {
    throw unsupportedError(binding.text, 'comparing JSON with a field')
  }
  const isOrder = op !== '==' && op !== '!='
  if (
    valueClass !== classOf(rightValue) ||
    valueClass === 'other' ||
    (valueClass === 'flag' && isOrder)
  ) {
    throw exprError(
      binding.text,
      `${valueText(leftValue)} cannot be compared with ${valueText(rightValue)}`,
    )
  }
  return { kind: 'compare', op, left: leftValue, right: rightValue }
}

function columnIn(value: ColumnValue, constants: readonly Literal[], text: string): BoundExpr {
  if (classOf(value) === 'other') throw exprError(text, `in does not apply to ${valueText(value)}`)
  return { kind: 'test', value, test: columnSetTest(value, constants, text) }
}

/** A list of several types is several lists of one: a value is in it where it is in one of them. */
function jsonIn(value: JsonValue, constants: readonly Literal[]): BoundExpr {
  const ofClass = (wanted: string) => constants.filter((item) => classOfLiteral(item) === wanted)
  const operands: BoundExpr[] = []
  const numbers = ofClass('number') as (number | bigint)[]
  const texts = ofClass('text') as string[]
  const flags = ofClass('flag').map(Number)
  if (numbers.length > 0) {
    const values = new Set(numbers.map(exactNumber))
    operands.push({ kind: 'jsonNumber', value, test: { op: 'in', values } })
  }
  if (texts.length > 0) {
    operands.push({ kind: 'test', value: asType(value, 'text'), test: textSetTest(texts) })
  }
  if (flags.length > 0) {
    const test = numberSetTest(DataType.Int8, flags)
    operands.push({ kind: 'test', value: asType(value, 'flag'), test })
  }
  if (operands.length === 0) return { kind: 'constant', truth: false }
  return operands.length === 1 ? operands[0] : { kind: 'or', operands }
}
