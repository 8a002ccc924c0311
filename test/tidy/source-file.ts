import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** A name that one file takes from another; '*' is everything. */
export interface ImportedName {
  readonly from: string
  readonly name: string
  readonly line: number
}

export interface ExportedName {
  readonly name: string
  readonly line: number
}

export interface SourceFile {
  /** From the project's folder on, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  /** Names taken from other files of src, re-exports and dynamic imports among them. */
  readonly imports: readonly ImportedName[]
  readonly exports: readonly ExportedName[]
  /** Modules that this file has run elsewhere, as `new URL('./x.js', import.meta.url)`. */
  readonly workerModules: readonly string[]
}

const isOurs = (path: string) => !/\/(generated|assembly)\//.test(path)

/** The TypeScript files under a folder of the project, parsed. */
export function sourceFilesIn(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => posix.join(entry.parentPath.replaceAll('\\', '/'), entry.name))
    .filter((path) => path.endsWith('.ts') && isOurs(path))
    .sort()
    .map((path) => parseSourceFile(path, readFileSync(path, 'utf8')))
}

export function parseSourceFile(path: string, text: string): SourceFile {
  const { module, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const imports: ImportedName[] = []
  const exports: ExportedName[] = []
  const take = (request: string, name: string | null, start: number) => {
    if (!request.startsWith('.')) return
    imports.push({ from: resolveFrom(path, request), name: name ?? '*', line: lineOf(start) })
  }
  for (const { moduleRequest, entries, start } of module.staticImports) {
    if (entries.length === 0) take(moduleRequest.value, null, start)
    for (const { importName } of entries) take(moduleRequest.value, importName.name, start)
  }
  for (const { entries, start } of module.staticExports) {
    for (const { moduleRequest, importName, exportName } of entries) {
      if (moduleRequest) take(moduleRequest.value, importName.name, start)
      exports.push({ name: exportName.name ?? exportName.kind.toLowerCase(), line: lineOf(start) })
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const request = text.slice(moduleRequest.start + 1, moduleRequest.end - 1)
    take(request, null, moduleRequest.start)
  }
  const workerModules = [...text.matchAll(/new URL\(\s*'(\.[^']+)',\s*import\.meta\.url/g)]
  return {
    path,
    text,
    lines: text.split('\n'),
    imports,
    exports,
    workerModules: workerModules.map(([, request]) => resolveFrom(path, request!)),
  }
}

function resolveFrom(path: string, request: string): string {
  return posix.join(posix.dirname(path), request).replace(/\.js$/, '.ts')
}
