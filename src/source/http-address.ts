import { MillraceError } from '../errors.js'
import type { HttpAddress, SpooledAddress } from './byte-source.js'
import { checkFileSize, notImportable, sizeFailure } from './file-checks.js'
import { httpVersion, isAllowed } from './http-ranges.js'
import { type RemoteFailure, remoteFailureFrom } from './remote-failure.js'
import { withRetries } from './retry.js'
import { spoolPage } from './spool.js'

export interface HttpAccess {
  /** `example.com`, or `example.com:8080` for another port than the usual one. */
  readonly hosts: readonly string[]
  /** Pages of servers that give no parts are copied there; null: they are refused. */
  readonly spoolFolder: string | null
}

/**
 * The page that an http or https URL means, as it is now. Only hosts of the list are asked.
 * @throws importFailed naming the URL and what was expected
 */
export async function resolveHttp(
  name: string,
  { hosts, spoolFolder }: HttpAccess,
  signal: AbortSignal,
): Promise<HttpAddress | SpooledAddress> {
  checkUrl(name, hosts)
  try {
    const address = await withRetries(() => httpVersion({ url: name, hosts }, signal), signal)
      .then((version): HttpAddress => ({ kind: 'http', name, hosts, ...version }))
      .catch((failure: RemoteFailure) => {
        if (failure.kind !== 'unranged' || spoolFolder === null) throw failure
        return spoolPage(name, hosts, spoolFolder, signal)
      })
    checkFileSize(name, BigInt(address.byteLength))
    return address
  } catch (thrown) {
    if (thrown instanceof MillraceError) throw thrown
    const failure = remoteFailureFrom(thrown)
    if (failure.kind === 'empty') checkFileSize(name, 0n)
    throw sizeFailure(name, failure.message, failure)
  }
}

/** The name is stored with the job and shown to whoever lists jobs: so no secret may be in it. */
function checkUrl(name: string, hosts: readonly string[]): void {
  if (!URL.canParse(name)) throw notImportable(name, 'expected a URL')
  const url = new URL(name)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    const shown = `${url.protocol}//${url.host}${url.pathname}`
    throw notImportable(shown, 'expected a URL without user, password, query and fragment')
  }
  if (isAllowed(url, hosts)) return
  const listed = hosts.length > 0 ? `allowed are ${hosts.join(', ')}` : 'none is allowed'
  throw notImportable(
    name,
    `the host '${url.host}' is not allowed: ${listed}; another is with --allow-http-host`,
  )
}
