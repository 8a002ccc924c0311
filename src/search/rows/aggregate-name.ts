export type AggregateOperation = 'count' | 'sum' | 'avg' | 'min' | 'max'

interface AggregateName {
  readonly operation: AggregateOperation
  readonly fieldName: string
}

const pattern = /^\s*(count|sum|avg|min|max)\s*\(\s*(.+?)\s*\)\s*$/i

/** What an output field says that stands for a value of a group; null: it stands for one of a row. */
export function parseAggregate(name: string): AggregateName | null {
  const [, word, fieldName] = pattern.exec(name) ?? []
  if (fieldName === undefined) return null
  return { operation: word.toLowerCase() as AggregateOperation, fieldName }
}

export function isAggregate(name: string): boolean {
  return pattern.test(name)
}
