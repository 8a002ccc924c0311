import { errorKinds } from '../errors.js'

/** What a call of the client fails with: the server's answer, or why none came. */
export class MilvusException extends Error {
  override readonly name: string = 'MilvusException'
  /** Milvus's error code. */
  readonly code: number
  /** The number of Milvus before 2.3, `common.ErrorCode`. */
  readonly compatibleCode: number

  constructor(
    code: number,
    message: string,
    compatibleCode: number = errorKinds.unexpected.legacy,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.compatibleCode = compatibleCode
  }

  /** As pymilvus prints it. */
  override toString(): string {
    return `<${this.name}: (code=${this.code}, message=${this.message})>`
  }
}

/** An argument that is refused before the server is asked. Its code is pymilvus's. */
export class ParamError extends MilvusException {
  override readonly name = 'ParamError'

  constructor(message: string) {
    super(1, message)
  }
}
