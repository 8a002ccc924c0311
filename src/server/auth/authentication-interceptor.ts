import { isIP } from 'node:net'
import {
  status as GrpcStatus,
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import type { Authenticator } from './authenticator.js'
import { type Credentials, grpcCredentials } from './credentials.js'

/** Refuses a call by its metadata, before its message is read. */
export function authenticationInterceptor(authenticator: Authenticator): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          async onReceiveMetadata(metadata, nextMetadata) {
            const address = addressOf(call.getPeer())
            const refusal = await authenticator.refusalOf(credentialsOf(metadata), address)
            if (refusal === null) nextMetadata(metadata)
            else call.sendStatus({ code: GrpcStatus.UNAUTHENTICATED, details: refusal })
          },
        })
      },
    })
}

export function credentialsOf(metadata: Metadata): Credentials {
  return grpcCredentials(metadata.get('authorization')[0]?.toString())
}

function addressOf(peer: string): string {
  return isIP(peer) ? peer : peer.replace(/:\d+$/, '')
}
