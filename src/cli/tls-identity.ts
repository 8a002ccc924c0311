import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsFiles } from '../config.js'
import { MillraceError } from '../errors.js'
import type { TlsIdentity } from '../server/one-port.js'

/** @throws ioFailed for a file that cannot be read, parameterInvalid for what is no certificate or key */
export function tlsIdentityFrom({ certPath, keyPath }: TlsFiles): TlsIdentity {
  const [cert, key] = [readPem('--tls-cert', certPath), readPem('--tls-key', keyPath)]
  try {
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError(
      'parameterInvalid',
      `--tls-cert ${certPath} and --tls-key ${keyPath}: expected a certificate and its key in PEM: ${reason}`,
      {},
      error,
    )
  }
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('ioFailed', `${option}: ${reason}`, {}, error)
  }
}
