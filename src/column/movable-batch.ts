import type { BytesColumn, Column, ColumnBatch, FixedColumn } from './column.js'

/** A batch whose arrays have buffers of their own, and these: what moves to another thread with it. */
interface MovableBatch {
  readonly batch: ColumnBatch
  readonly buffers: readonly ArrayBuffer[]
}

/** Arrays that are views of a part of a larger buffer are copied, the others are as they were. */
export function movableBatch({ rowCount, columns }: ColumnBatch): MovableBatch {
  const buffers = new Set<ArrayBuffer>()
  const own = <Values extends Movable>(values: Values): Values => {
    const { buffer } = values
    const isAlone =
      buffer instanceof ArrayBuffer &&
      buffer.byteLength === values.byteLength &&
      !buffers.has(buffer)
    const owned = isAlone ? values : (values.slice() as Values)
    buffers.add(owned.buffer as ArrayBuffer)
    return owned
  }
  const batch = {
    rowCount,
    columns: new Map([...columns].map(([fieldId, column]) => [fieldId, withOwn(column, own)])),
  }
  return { batch, buffers: [...buffers] }
}

type Movable = FixedColumn['values'] | Int32Array
type Owning = <Values extends Movable>(values: Values) => Values

function withOwn(column: Column, own: Owning): Column {
  if (column.shape !== 'list') return withOwnValues(column, own)
  const { offsets, child } = column
  return {
    ...column,
    offsets: own(offsets),
    child: withOwnValues(child, own),
    validity: column.validity && own(column.validity),
  }
}

function withOwnValues<Kind extends FixedColumn | BytesColumn>(column: Kind, own: Owning): Kind {
  const validity = column.validity && own(column.validity)
  return column.shape === 'fixed'
    ? { ...column, values: own(column.values), validity }
    : { ...column, offsets: own(column.offsets), bytes: own(column.bytes), validity }
}
