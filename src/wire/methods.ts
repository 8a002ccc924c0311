import type { MessageName } from './codec.js'
import { serviceMethods } from './generated/messages.js'

type ServiceMethods = typeof serviceMethods

/** An RPC of MilvusService. */
export type MethodName = keyof ServiceMethods

export interface CallPrivilege {
  readonly name: string
  readonly objectType: string
  /** The request's field with the names of what is touched; null: it is about no single object. */
  readonly namedBy: string | null
}

export interface Method<Name extends MethodName = MethodName> {
  readonly name: Name
  readonly path: string
  readonly request: ServiceMethods[Name]['request'] & MessageName
  readonly response: ServiceMethods[Name]['response'] & MessageName
  readonly requestStream: boolean
  readonly responseStream: boolean
  /** What a caller needs where users are told apart; null: nothing but to be one. */
  readonly privilege: CallPrivilege | null
}

/** Every RPC of MilvusService, by name. */
export const methods = Object.fromEntries(
  Object.entries(serviceMethods).map(([name, method]) => [
    name,
    { name, path: `/milvus.proto.milvus.MilvusService/${name}`, ...method },
  ]),
) as { readonly [Name in MethodName]: Method<Name> }
