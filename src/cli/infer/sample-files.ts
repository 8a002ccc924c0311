import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import type { S3Access } from '../../config.js'
import type { ByteSource, SourceAddress } from '../../source/byte-source.js'
import { expandFiles } from '../../source/expand-files.js'
import { openSource } from '../../source/open-source.js'
import { releaseSources, resolveSources, type SourceContext } from '../../source/resolve-source.js'
import { rowsOf } from '../files-meant.js'
import { usage } from '../usage.js'
import { webHostsOf } from '../web-hosts.js'

/**
 * Runs `work` over the files of the first group that the names mean: files of this machine, objects of S3
 * or pages, of which no more is read than `work` asks for.
 * @param s3 the user's own access
 * @throws parameterInvalid where S3 is meant and there are no keys; importFailed where a file is not there
 */
export async function withSample<Result>(
  names: readonly string[],
  s3: S3Access | null,
  work: (sources: readonly ByteSource[]) => Promise<Result>,
): Promise<Result> {
  refuseWithoutKeys(names, s3)
  const spoolFolder = await mkdtemp(join(tmpdir(), 'millrace-'))
  const context: SourceContext = {
    roots: [parse(process.cwd()).root],
    forbidden: [],
    s3,
    http: { hosts: webHostsOf(names), spoolFolder },
  }
  let addresses: SourceAddress[][] = []
  const sources: ByteSource[] = []
  try {
    const [group] = await expandFiles([names], context, rowsOf)
    addresses = await resolveSources([group], context, new AbortController().signal)
    for (const address of addresses[0]) sources.push(await openSource(address))
    return await work(sources)
  } finally {
    for (const source of sources) await source.close()
    await releaseSources(addresses)
    await rm(spoolFolder, { recursive: true, force: true })
  }
}

function refuseWithoutKeys(names: readonly string[], s3: S3Access | null): void {
  const name = names.find((each) => /^s3:\/\//i.test(each))
  if (name === undefined || s3 !== null) return
  throw usage(
    `--create: ${name} is read by this command to infer the schema, which needs keys: set MILLRACE_S3_ACCESS_KEY and MILLRACE_S3_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and --s3-endpoint where it is not AWS`,
  )
}
