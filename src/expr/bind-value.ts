import type { CollectionSchema } from '../schema/collection-schema.js'
import { dynamicFieldName, fieldNamed } from '../schema/collection-schema.js'
import {
  DataType,
  dataTypeName,
  isFloatingType,
  isIntegerType,
  isStringType,
} from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { isBitOperator } from './arithmetic.js'
import type { ArithmeticNode, ExprNode, Literal, PathNode, PathStep } from './ast.js'
import type {
  ColumnValue,
  ConstantValue,
  FieldValue,
  JsonValue,
  LengthValue,
  ShiftedTime,
} from './bound-expr.js'
import { exprError, unsupportedError } from './expr-error.js'
import { constantOf, literalText } from './fold-constant.js'
import { jsonStepFrom } from './json-scan.js'
import { parseTimeInterval } from './time-interval.js'

/** What binding knows: the schema, and the text for its errors. */
export interface Binding {
  readonly schema: CollectionSchema
  readonly text: string
}

type Operand = ColumnValue | ConstantValue

/** What kind of constants a value can meet. */
export type ValueClass = 'number' | 'text' | 'flag' | 'json' | 'other'

/** A node that depends on the row, as the value of a column. */
export function bindValue(node: ExprNode, binding: Binding): ColumnValue {
  switch (node.kind) {
    case 'path':
      return bindPath(node, binding)
    case 'arithmetic':
      return bindArithmetic(node, binding)
    case 'sign':
      return bindSign(node.op, node.operand, binding)
    case 'call':
      return bindLength(node.name, node.args, binding)
    case 'template':
      throw exprError(
        binding.text,
        `the value of expression template variable name {${node.name}} is not found`,
      )
    case 'literal':
      throw exprError(binding.text, `${literalText(node.value)} is not a field`)
    case 'list':
      throw exprError(binding.text, 'a list is not a field')
    case 'time':
    case 'interval':
      throw exprError(binding.text, `'${node.text}' is not a field`)
    default:
      throw unsupportedError(binding.text, 'a condition as an operand')
  }
}

export function bindPath({ name, steps }: PathNode, { schema, text }: Binding) {
  const field = fieldNamed(schema, name)
  if (field !== undefined) return fieldValue(field, steps, text)
  if (/^null$/i.test(name)) throw exprError(text, 'NULL literal is not supported in expressions')
  const dynamic = schema.enableDynamicField ? fieldNamed(schema, dynamicFieldName) : undefined
  if (dynamic === undefined) throw exprError(text, `field ${name} not exist`)
  return jsonValue(dynamic, [name, ...steps])
}

export function classOf({ dataType }: ColumnValue): ValueClass {
  if (isIntegerType(dataType) || isFloatingType(dataType)) return 'number'
  if (isStringType(dataType)) return 'text'
  if (dataType === DataType.Bool) return 'flag'
  return dataType === DataType.JSON ? 'json' : 'other'
}

/** A value's name and type, for errors. */
export function valueText(value: ColumnValue): string {
  switch (value.kind) {
    case 'arithmetic':
      return `arithmetic of type ${dataTypeName(value.dataType)}`
    case 'shifted':
      return `field ${value.time.field.name} of type Timestamptz`
    case 'length':
      return `the length of ${value.list.field.name}`
    case 'element':
      return `element of ${value.field.name} of type ${dataTypeName(value.dataType)}`
    default:
      return `field ${value.field.name} of type ${dataTypeName(value.dataType)}`
  }
}

function fieldValue(field: Field, steps: readonly PathStep[], text: string) {
  const { dataType } = field
  if (dataType === DataType.JSON) return jsonValue(field, steps)
  if (steps.length === 0) return { kind: 'field', field, dataType } satisfies FieldValue
  const [index] = steps
  if (dataType === DataType.Array && steps.length === 1 && typeof index === 'number') {
    return { kind: 'element', field, index, dataType: field.elementType } as const
  }
  throw exprError(
    text,
    `${literalText(steps.at(-1)!)} does not lead into field ${field.name} of type ${dataTypeName(dataType)}`,
  )
}

function jsonValue(field: Field, steps: readonly PathStep[]): JsonValue {
  return { kind: 'json', field, path: steps.map(jsonStepFrom), dataType: DataType.JSON }
}

function bindLength(name: string, args: readonly ExprNode[], binding: Binding): LengthValue {
  if (name !== 'array_length') throw unsupportedError(binding.text, `function ${name}`)
  const list = bindList(name, args, 1, binding)
  return { kind: 'length', list, dataType: DataType.Int32 }
}

/** The first of a function's arguments: an Array field, or a path of JSON. */
export function bindList(
  name: string,
  args: readonly ExprNode[],
  argCount: number,
  binding: Binding,
): FieldValue | JsonValue {
  if (args.length !== argCount) {
    throw exprError(binding.text, `${name} takes ${argCount} arguments, got ${args.length}`)
  }
  const value = bindValue(args[0], binding)
  if (value.kind === 'json') return value
  if (value.kind === 'field' && value.dataType === DataType.Array) return value
  throw exprError(binding.text, `${name} needs an Array or JSON, got ${valueText(value)}`)
}

function bindSign(op: '+' | '-', operand: ExprNode, binding: Binding): ColumnValue {
  const zero: ExprNode = { kind: 'literal', value: 0n }
  return bindArithmetic({ kind: 'arithmetic', op, left: zero, right: operand }, binding)
}

function bindArithmetic({ op, left, right }: ArithmeticNode, binding: Binding): ColumnValue {
  if (op === '**') throw exprError(binding.text, 'power can only apply on constants')
  if (right.kind === 'interval') return bindShift(op, left, right.text, binding)
  if (isBitOperator(op) && [left, right].some(isCondition)) {
    throw exprError(binding.text, `${op} binds looser than a comparison: write (a ${op} b) == c`)
  }
  const leftValue = bindOperand(left, binding)
  const rightValue = bindOperand(right, binding)
  if ((op === '/' || op === '%') && isZero(rightValue)) {
    throw exprError(binding.text, 'division by zero')
  }
  if (isBitOperator(op)) checkBits(op, [leftValue, rightValue], binding.text)
  const dataType = arithmeticType(leftValue, rightValue)
  return { kind: 'arithmetic', op, left: leftValue, right: rightValue, dataType }
}

function isCondition({ kind }: ExprNode): boolean {
  return ['comparison', 'in', 'like', 'regex', 'isNull', 'exists', 'not', 'and', 'or'].includes(
    kind,
  )
}

/** A document's number may be an integer: its row tells. */
function checkBits(op: string, operands: readonly Operand[], text: string): void {
  for (const operand of operands) {
    if (isIntegerOperand(operand) || isOfDocument(operand)) continue
    const name = operand.kind === 'number' ? String(operand.value) : valueText(operand)
    throw exprError(text, `${op} needs integers, got ${name}`)
  }
}

function isOfDocument(operand: Operand): boolean {
  if (operand.kind === 'json') return true
  return operand.kind === 'arithmetic' && [operand.left, operand.right].some(isOfDocument)
}

/** Milvus: floats and constants are reckoned as float32, so that `f - 3 == -3` finds a float of 1e-10. */
function arithmeticType(left: Operand, right: Operand): DataType {
  if (isIntegerOperand(left) && isIntegerOperand(right)) return DataType.Int64
  const isFloat = [left, right].every(
    (operand) => operand.kind === 'number' || operand.dataType === DataType.Float,
  )
  return isFloat ? DataType.Float : DataType.Double
}

function bindShift(
  op: ArithmeticNode['op'],
  left: ExprNode,
  text: string,
  binding: Binding,
): ShiftedTime {
  const time = bindValue(left, binding)
  const interval = parseTimeInterval(text)
  if (interval === null) {
    throw exprError(binding.text, `invalid INTERVAL '${text}': expected an ISO 8601 duration`)
  }
  if (time.kind !== 'field' || time.dataType !== DataType.Timestamptz) {
    throw exprError(binding.text, `INTERVAL moves a Timestamptz, got ${valueText(time)}`)
  }
  if (op !== '+' && op !== '-') throw exprError(binding.text, `${op} INTERVAL`)
  const sign = op === '+' ? 1 : -1
  return { kind: 'shifted', time, interval, sign, dataType: DataType.Timestamptz }
}

function bindOperand(node: ExprNode, binding: Binding): Operand {
  const constant = constantOf(node, binding.text)
  if (constant !== undefined) return numberConstant(constant, binding.text)
  const value = bindValue(node, binding)
  if (value.kind === 'json') return { ...value, dataType: DataType.Double }
  if (classOf(value) === 'number') return value
  throw exprError(binding.text, `arithmetic on ${valueText(value)}, which is no number`)
}

function numberConstant(value: Literal, text: string): ConstantValue {
  if (typeof value === 'number' || typeof value === 'bigint') return { kind: 'number', value }
  throw exprError(text, `arithmetic on ${literalText(value)}, which is no number`)
}

function isIntegerOperand(operand: Operand): boolean {
  if (operand.kind === 'number') return typeof operand.value === 'bigint'
  return isIntegerType(operand.dataType)
}

function isZero(operand: Operand): boolean {
  return operand.kind === 'number' && Number(operand.value) === 0
}
