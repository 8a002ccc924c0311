import { MillraceError } from '../errors.js'
import type { HttpAddress } from './byte-source.js'
import { checkFileSize, notImportable, sizeFailure } from './file-checks.js'
import { httpVersion, isAllowed } from './http-ranges.js'
import { remoteFailureFrom } from './remote-failure.js'
import { withRetries } from './retry.js'

/**
 * The page that an http or https URL means, as it is now. Only hosts of the list are asked.
 * @throws importFailed naming the URL and what was expected
 */
export async function resolveHttp(name: string, hosts: readonly string[]): Promise<HttpAddress> {
  checkUrl(name, hosts)
  try {
    const version = await withRetries(() => httpVersion({ url: name, hosts }))
    checkFileSize(name, BigInt(version.byteLength))
    return { kind: 'http', name, hosts, ...version }
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
