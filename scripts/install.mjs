import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './run.mjs'

const lockFile = join(root, 'package-lock.json')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.millrace-lock')

/** Installs the locked packages, development ones too, unless node_modules holds them already. */
export function install() {
  const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  if (isInstalled(lockHash)) return
  console.error('millrace: installing packages (npm ci), once')
  const flags = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status, error } = npm('ci', ...flags)
  if (status !== 0) throw new Error(`npm ci failed${error ? `: ${error.message}` : ''}`)
  writeFileSync(stampFile, lockHash)
}

function isInstalled(lockHash) {
  const folder = lstatSync(modules, { throwIfNoEntry: false })
  if (!folder) return false
  // A linked folder is somebody else's: it is taken as it is.
  if (folder.isSymbolicLink()) return true
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === lockHash
  return wasInstalledByHand()
}

/** npm writes its hidden lockfile when an install by hand is complete. */
function wasInstalledByHand() {
  const hidden = statSync(join(modules, '.package-lock.json'), { throwIfNoEntry: false })
  return hidden !== undefined && hidden.mtimeMs >= statSync(lockFile).mtimeMs
}

function npm(...args) {
  const cli = npmCli()
  const options = { cwd: root, stdio: ['inherit', process.stderr.fd, 'inherit'] }
  if (cli) return spawnSync(process.execPath, [cli, ...args], options)
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** The npm that runs this script, or the one that came with this Node. */
function npmCli() {
  const nodeFolder = dirname(realpathSync(process.execPath))
  const candidates = [
    process.env.npm_execpath ?? '',
    join(nodeFolder, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(nodeFolder, 'node_modules/npm/bin/npm-cli.js'),
  ]
  return candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path))
}
