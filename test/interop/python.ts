import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The environments that `npm run test:interop` makes; none where Python is missing. */
export const pythons = {
  'pymilvus 2.3.7': process.env.MILLRACE_PYMILVUS_2_3,
  'pymilvus 3.0.2': process.env.MILLRACE_PYMILVUS_3_0,
}

/** Runs a Python program and gives its output. A program that fails rejects with what it said. */
export async function runPython(
  python: string,
  program: string,
  ...args: string[]
): Promise<string> {
  try {
    const { stdout } = await run(python, ['-W', 'ignore', program, ...args], {
      maxBuffer: 64 << 20,
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} failed:\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`)
  }
}

/** Runs a program of this folder against a server: what it prints last is its JSON report. */
export async function askWith(
  python: string,
  program: string,
  server: { port: number; importRoot: string },
): Promise<Record<string, unknown>> {
  const address = ['--port', String(server.port), '--root', server.importRoot]
  const output = await runPython(python, `test/interop/python/${program}`, ...address)
  return JSON.parse(output.trim().split('\n').at(-1)!)
}
