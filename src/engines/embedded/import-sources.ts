import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NewImport } from '../../bulk/import-request.js'
import { formatOf } from '../../formats/registry.js'
import type { SourceContext } from '../../source/resolve-source.js'
import type { EmbeddedEngineOptions } from './engine-options.js'

/** Where imports may read from. */
export function sourcesOf(options: EmbeddedEngineOptions, dataPath: string): SourceContext {
  const { importRoots, uploadRoot, s3, httpHosts = [] } = options
  const spoolFolder = join(dataPath, 'spool')
  // Imports that go on copy again what an earlier process copied.
  rmSync(spoolFolder, { recursive: true, force: true })
  const http = { hosts: httpHosts, spoolFolder }
  return { roots: importRoots, uploadRoot, forbidden: [dataPath], s3, http }
}

/** Whether a file by this name has whole rows, or is one of a set; null: neither. */
export function rowsOf(name: string): 'file' | 'set' | null {
  const format = formatOf(name)
  if (!format) return null
  return format.isRowFile ? 'file' : 'set'
}

/**
 * The files of a request as they are meant: with the option `bucket`, and where S3 is read at all, paths
 * are keys of that bucket, as RemoteBulkWriter of pymilvus gives them.
 */
export function namesInBucket(
  { fileGroups, options }: Pick<NewImport, 'fileGroups' | 'options'>,
  { s3 }: SourceContext,
): NewImport['fileGroups'] {
  const bucket = options.findLast(([key]) => key === 'bucket')?.[1]
  if (!bucket || !s3) return fileGroups
  const isKey = (name: string) => name !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(name)
  return fileGroups.map((names) =>
    names.map((name) => (isKey(name) ? `s3://${bucket}/${name.replace(/^\//, '')}` : name)),
  )
}
