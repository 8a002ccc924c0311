import { expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { decode, encode } from '../../dist/wire/codec.js'
import type { Status } from '../../dist/wire/generated/messages.js'
import { errorFromStatus, statusFromError, successStatus } from '../../dist/wire/status.js'

function overTheWire(status: Parameters<typeof encode<'Status'>>[1]): Status {
  return decode('Status', encode('Status', status))
}

it('carries an error to the client, with both codes', () => {
  const error = new MillraceError('collectionNotFound', 'collection not found[collection=a]')
  const status = overTheWire(statusFromError(error))
  expect(status).toMatchObject({
    code: 100,
    error_code: 4,
    reason: error.message,
    detail: error.message,
    retriable: false,
  })
  expect({ ...status.extra_info }).toEqual({ is_input_error: 'true' })
  expect(errorFromStatus(status)).toMatchObject({ kind: error.kind, message: error.message })
})

it('makes any other thrown thing an unexpected error', () => {
  const status = overTheWire(statusFromError(new TypeError('boom')))
  expect(status).toMatchObject({ code: 65535, error_code: 1, reason: 'boom' })
  expect(Object.keys(status.extra_info)).toEqual([])
})

it('says of retriable errors that they are, and not that the input was wrong', () => {
  const status = overTheWire(statusFromError(new MillraceError('schemaMismatch', 'old schema')))
  expect(status).toMatchObject({ code: 109, error_code: 62, retriable: true })
  expect(Object.keys(status.extra_info)).toEqual([])
})

it('reads success', () => {
  expect(errorFromStatus(overTheWire(successStatus))).toBeNull()
  expect(errorFromStatus(overTheWire({}))).toBeNull()
  expect(errorFromStatus(null)).toBeNull()
})

it('reads servers older than 2.3, which set only error_code', () => {
  const old = (error_code: number) =>
    errorFromStatus(overTheWire({ error_code, reason: 'no' }))?.kind
  expect(old(4)).toBe('collectionNotFound')
  expect(old(5)).toBe('parameterInvalid')
  expect(old(1)).toBe('unexpected')
  expect(old(40)).toBe('unexpected')
})

it('keeps a code that it does not know in the cause', () => {
  const error = errorFromStatus(overTheWire({ code: 2600, error_code: 1, reason: 'alias' }))
  expect(error).toMatchObject({ kind: 'unexpected', message: 'alias', cause: { code: 2600 } })
  expect(errorFromStatus(overTheWire({ code: 7 }))?.message).toBe('error code 7')
})
