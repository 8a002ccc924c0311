import type { Engine } from '../../engines/engine.js'
import type { MessageInput, MessageName } from '../../wire/codec.js'
import type { Messages } from '../../wire/generated/messages.js'
import type { Method, MethodName } from '../../wire/methods.js'

/** What a handler has beside its request. */
export interface Call {
  readonly engine: Engine
  /** The request's, else the connection's. @throws databaseNotFound */
  readonly dbName: string
  /** Who calls; null where users are not told apart. */
  readonly userName: string | null
  /** Aborted when the client gives up or its deadline passes. */
  readonly signal: AbortSignal
  /** The message, where the rows in it are still to be decoded: the request has none. Else null. */
  readonly undecodedRows: Uint8Array | null
}

export type Request<Name extends MethodName> = Messages[Method<Name>['request']]

/** The response without its status, which the server adds; nothing where the response is a status. */
export type Reply<Name extends MethodName> = Method<Name>['response'] extends 'Status'
  ? undefined
  : Omit<MessageInput<Method<Name>['response'] & MessageName>, 'status' | 'alter_status'>

export type Handler<Name extends MethodName> = (
  call: Call,
  request: Request<Name>,
) => Reply<Name> | Promise<Reply<Name>>

export type Handlers = { readonly [Name in MethodName]?: Handler<Name> }
