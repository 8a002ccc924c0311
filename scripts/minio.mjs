import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const folder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'millrace-interop',
  'bin',
)
const binary = join(folder, process.platform === 'win32' ? 'minio.exe' : 'minio')
/** The last version that its maker gives as source. */
const module = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c'

/**
 * MinIO's program, a real S3 server; '' where there is none. In CI it is built where it is missing, which
 * takes three minutes of a core; elsewhere `MILLRACE_BUILD_MINIO=1` asks for that.
 */
export function minioBinary() {
  if (existsSync(binary)) return binary
  if (!process.env.CI && !process.env.MILLRACE_BUILD_MINIO) return ''
  if (spawnSync('go', ['version']).status !== 0) return ''
  console.log(`millrace: building MinIO into ${folder}, once`)
  const env = { ...process.env, GOBIN: folder }
  const { status, stderr } = spawnSync('go', ['install', module], { env, encoding: 'utf8' })
  if (status === 0) return binary
  throw new Error(`go install ${module} failed: ${stderr.slice(-2_000)}`)
}
