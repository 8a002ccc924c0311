/** The numbers of gRPC's statuses that this server gives by itself. */
export const grpcCodes = {
  ok: 0,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unauthenticated: 16,
} as const

/** A call that fails in gRPC itself, before or instead of an answer with Milvus's status. */
export class GrpcError extends Error {
  readonly code: number

  constructor(code: number, message: string, cause?: Error) {
    super(message, { cause })
    this.code = code
  }
}
