/** What a filter expression says, before any name in it is known. Made by the grammar. */
export type ExprNode =
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'list'; readonly items: readonly ExprNode[] }
  | IntegersNode
  | PathNode
  | { readonly kind: 'time' | 'interval'; readonly text: string }
  | { readonly kind: 'template'; readonly name: string }
  | CallNode
  | { readonly kind: 'sign'; readonly op: '+' | '-'; readonly operand: ExprNode }
  | ArithmeticNode
  | ComparisonNode
  | InNode
  | { readonly kind: 'like' | 'regex'; readonly operand: ExprNode; readonly pattern: ExprNode }
  | { readonly kind: 'isNull'; readonly operand: ExprNode }
  | { readonly kind: 'exists'; readonly operand: ExprNode }
  | { readonly kind: 'not'; readonly operand: ExprNode }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly ExprNode[] }

/** An integer is a bigint, of any size until it is bound. */
export type Literal = bigint | number | string | boolean

/** What a value may be in, where all are integers of 64 bits, written plainly; safe ones are numbers. */
export interface IntegersNode {
  readonly kind: 'integers'
  readonly items: readonly (number | bigint)[]
}

export interface CallNode {
  readonly kind: 'call'
  /** In small letters. */
  readonly name: string
  readonly args: readonly ExprNode[]
  /** `threshold=2`, behind the others. */
  readonly threshold: bigint | null
}

/** `name`, `name["key"][0]…`, `struct[sub]`, or `$[sub]` of an element of a struct array. */
export interface PathNode {
  readonly kind: 'path'
  readonly name: string
  readonly steps: readonly PathStep[]
}

export type PathStep = string | number

export interface ArithmeticNode {
  readonly kind: 'arithmetic'
  readonly op: ArithmeticOperator
  readonly left: ExprNode
  readonly right: ExprNode
}

type ArithmeticOperator = ColumnOperator | '**'

/** `**` is for constants only. */
export type ColumnOperator = '+' | '-' | '*' | '/' | '%' | BitOperator

/** For integers only; `~a` is `a ^ -1`. */
export type BitOperator = '&' | '|' | '^' | '<<' | '>>'

export interface ComparisonNode {
  readonly kind: 'comparison'
  readonly op: ComparisonOperator
  readonly left: ExprNode
  readonly right: ExprNode
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='

interface InNode {
  readonly kind: 'in'
  readonly operand: ExprNode
  readonly list: ExprNode
}

/** A parsed expression, with its text for the errors that binding it may find. */
export interface Expr {
  readonly text: string
  readonly root: ExprNode
}
