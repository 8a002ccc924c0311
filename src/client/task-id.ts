import { ParamError } from './milvus-exception.js'

/** A task id exceeds what a number holds exactly: bigint, or its decimal digits; a safe integer passes. */
export type TaskId = bigint | string | number

/** @throws ParamError in pymilvus's words */
export function taskIdFrom(value: TaskId): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value)
  throw new ParamError(`task_id value ${String(value)} is not an integer`)
}
