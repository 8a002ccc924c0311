import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../dist/config.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

describe('millrace', () => {
  let directory: string
  let child: ChildProcess | null

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
    child = null
  })

  afterEach(async () => {
    if (child && child.exitCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(directory, { recursive: true, force: true })
  })

  function start(...args: string[]): ChildProcess {
    child = spawn(process.execPath, [main, ...args], { cwd: directory })
    return child
  }

  async function ended(...args: string[]) {
    const process = start(...args)
    const [out, error] = await Promise.all([textOf(process.stdout!), textOf(process.stderr!)])
    if (process.exitCode === null) await once(process, 'exit')
    return { code: process.exitCode, out, error }
  }

  it('tells its version', async () => {
    expect(await ended('--version')).toEqual({ code: 0, out: `${version}\n`, error: '' })
  })

  it.each([
    ['--port', '70000', 'expected 0 to 65535, got "70000"'],
    ['--port', 'x', 'expected 0 to 65535, got "x"'],
    ['--log-level', 'loud', 'expected one of fatal, error'],
  ])('refuses %s %s', async (option, value, message) => {
    const { code, error } = await ended('serve', option, value)
    expect(code).toBe(1)
    expect(error).toContain(`millrace: ${option}: ${message}`)
  })

  it('serves until it is told to stop, and says where and from what', async () => {
    const server = start(
      'serve',
      '--port',
      '0',
      '--data',
      'd',
      '--import-root',
      'a',
      '--import-root',
      'b',
    )
    const said = await firstLine(server)
    expect(said.msg).toMatch(/^millrace listens on 127\.0\.0\.1:\d+$/)
    expect(said.dataPath).toMatch(/\/d$/)
    expect(said.importRoots).toEqual([expect.stringMatching(/\/a$/), expect.stringMatching(/\/b$/)])
    const response = await fetch(`http://${said.address}/healthz`)
    expect(await response.text()).toBe('OK')
    server.kill('SIGTERM')
    const [code] = await once(server, 'exit')
    expect(code).toBe(0)
  })

  it('says how to change the port when it is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, error } = await ended('serve', '--port', String(port))
    other.close()
    expect(code).toBe(1)
    expect(error).toMatch(new RegExp(`^millrace: port ${port} on 127.0.0.1 is in use.*--port`))
  })
})

/** The log's first line, which tells the address. */
async function firstLine(server: ChildProcess): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of server.stdout!.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.includes('listens on')) break
  }
  return JSON.parse(text.split('\n').find((line) => line.includes('listens on'))!)
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
