import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { root } from './run.mjs'

const cacheFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'millrace-interop',
)
const binFolder = process.platform === 'win32' ? 'Scripts' : 'bin'

/** Why no Python environment can be made here, or '' where it can. */
export function pythonLack() {
  const { error, status } = spawnSync('python3', ['-c', 'import venv, ensurepip'], {
    encoding: 'utf8',
  })
  if (error) return 'python3 is not installed'
  return status === 0 ? '' : 'python3 lacks the modules venv and ensurepip'
}

/**
 * The python of an environment with these requirements, made once and kept outside of the project.
 * @param requirements file of requirements, from the project's folder on
 */
export function pythonEnvironment(requirements) {
  const file = resolve(root, requirements)
  const version = command('python3', '--version').trim()
  const key = createHash('sha256').update(version).update(readFileSync(file)).digest('hex')
  const folder = join(cacheFolder, key.slice(0, 16))
  const python = join(folder, binFolder, 'python')
  const mark = join(folder, 'complete')
  if (existsSync(mark)) return python
  console.log(`millrace: installing ${requirements} into ${folder}, once`)
  rmSync(folder, { recursive: true, force: true })
  command('python3', '-m', 'venv', folder)
  command(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', file)
  writeFileSync(mark, '')
  return python
}

function command(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
}
