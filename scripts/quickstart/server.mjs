import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../run.mjs'

const readyWithinMs = 20_000

/** The built server in a process of its own; its log goes to a file beside its data directory. */
export function startServer({ port, dataDirectory, importRoot }) {
  const logFile = `${dataDirectory}.log`
  const log = openSync(logFile, 'a')
  const address = ['--host', '127.0.0.1', '--port', String(port)]
  const folders = ['--data', dataDirectory, '--import-root', importRoot]
  const child = spawn(process.execPath, ['dist/cli/main.js', 'serve', ...address, ...folders], {
    cwd: root,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const exit = once(child, 'exit')
  const fails = () => failAfter(exit, logFile)
  return {
    logFile,
    /** Rejects when the server ends. */
    fails,
    becomesReady: () => Promise.race([becomesReady(port), fails()]),
    stop: () => stop(child, exit),
  }
}

async function becomesReady(port) {
  const deadlineMs = Date.now() + readyWithinMs
  while (Date.now() < deadlineMs) {
    if (await isHealthy(port)) return
    await sleep(20)
  }
  throw new Error(`the server was not ready within ${readyWithinMs} ms`)
}

async function isHealthy(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  } catch {
    return false
  }
}

async function failAfter(exit, logFile) {
  const [code, signal] = await exit
  const log = readFileSync(logFile, 'utf8').slice(-2_000)
  throw new Error(`the server ended with ${signal ?? `exit code ${code}`}:\n${log}`)
}

async function stop(child, exit) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exit
  clearTimeout(late)
}
