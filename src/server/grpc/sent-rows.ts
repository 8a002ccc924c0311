import type { ColumnBatch } from '../../column/column.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import { decodeWithout, type MessageName } from '../../wire/codec.js'
import { batchFromFieldsData } from '../../wire/fields-data.js'
import type { Call, Request } from './call.js'
import type { RowsRequestName, SentRowsInput } from './sent-rows-job.js'

/** Texts of so many bytes are some twenty milliseconds’ work, which another thread does; numbers are two. */
const decodedApartBytes = 4 * 1024 * 1024

/** Whether a message has rows that are so many that they are not decoded here. */
export function hasRowsApart(name: MessageName, bytes: Uint8Array): name is RowsRequestName {
  return bytes.length > decodedApartBytes && (name === 'InsertRequest' || name === 'UpsertRequest')
}

/** The request but for its rows, which `sentRows` reads. */
export function decodeBesideRows(name: RowsRequestName, bytes: Uint8Array) {
  return decodeWithout(name, 'fields_data', bytes)
}

/** The rows of a request as a batch. @throws parameterInvalid */
export async function sentRows(
  { engine, undecodedRows }: Call,
  name: RowsRequestName,
  request: Request<'Insert'> | Request<'Upsert'>,
  schema: CollectionSchema,
): Promise<ColumnBatch> {
  const rowCount = request.num_rows
  if (undecodedRows === null) return batchFromFieldsData(request.fields_data, schema, rowCount)
  const message = ownBytes(undecodedRows)
  const input: SentRowsInput = { name, message, schema, rowCount }
  const transfer = [message.buffer]
  return engine.pool.run<SentRowsInput, ColumnBatch>(job, input, { lane: 'lengthy', transfer })
}

const job = new URL('./sent-rows-job.js', import.meta.url)

/** What lies in a buffer that is nobody else's is moved as it is. A message has a prefix of some bytes before it. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength - byteLength <= prefixBytesMax
  return isAlone ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}

const prefixBytesMax = 16
