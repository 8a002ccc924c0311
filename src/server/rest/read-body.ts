import type { IncomingMessage } from 'node:http'
import { MillraceError } from '../../errors.js'

const bodyBytesMax = 16 * 1024 * 1024

/** @throws parameterInvalid for a body that is too long */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  // A request that is destroyed takes the connection along, and with it the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > bodyBytesMax) {
      throw new MillraceError(
        'parameterInvalid',
        `request body: expected at most ${bodyBytesMax} bytes, got more`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
