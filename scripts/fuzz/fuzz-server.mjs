import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../run.mjs'
import { collectionBody } from './collection-body.mjs'

/** More than any file of the corpus may take. */
const residentMibMax = 1024
const answerWithinMs = 20_000

/** The built server in a process of its own, over a folder that is given. */
export class FuzzServer {
  isDead = false
  peakMib = Number.NaN
  #child
  #exit
  #url
  #folder
  /** By its fields: the promise of a collection's name. */
  #collections = new Map()

  static async start(folder) {
    const server = new FuzzServer()
    await server.#start(folder)
    return server
  }

  get importRoot() {
    return join(this.#folder, 'files')
  }

  /** The `data` of an answer. Throws where there is none in time, or an error. */
  async post(path, body) {
    const { code, message, data } = await this.answer(path, body)
    if (code !== 0) throw new Error(`${path}: ${code} ${message}`)
    return data
  }

  async answer(path, body) {
    const response = await fetch(`${this.#url}/v2/vectordb${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    return response.json()
  }

  async isHealthy() {
    const signal = AbortSignal.timeout(answerWithinMs)
    return fetch(`${this.#url}/healthz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
  }

  /** The name of a loaded collection with these fields. */
  collectionFor(fields) {
    const key = JSON.stringify(fields)
    if (!this.#collections.has(key)) {
      const name = `fuzz_${this.#collections.size}`
      const made = this.post('/collections/create', collectionBody(name, fields)).then(() => name)
      this.#collections.set(key, made)
    }
    return this.#collections.get(key)
  }

  /** No job is under way, every collection answers; after that they are dropped. */
  async checkRest(findings) {
    if (this.isDead) return
    const { records } = await this.post('/jobs/import/list', {})
    for (const { jobId, state } of records) findings.add(`job ${jobId} is left as ${state}`)
    for (const made of this.#collections.values()) {
      const collectionName = await made
      const query = { collectionName, filter: '', outputFields: ['*'], limit: 100 }
      await this.post('/entities/query', query).catch((error) =>
        findings.add(`${collectionName} does not answer: ${error.message}`),
      )
      await this.post('/collections/drop', { collectionName })
    }
    this.#collections.clear()
    this.#measure(findings)
  }

  /** Must end by itself and without an error. */
  async stop(findings) {
    if (this.isDead) return
    this.#child.kill('SIGTERM')
    const ended = await Promise.race([this.#exit, sleep(answerWithinMs, ['late'], { ref: false })])
    if (ended[0] !== 0) findings.add(`the server ended with ${ended}, not with 0`)
    const errors = this.#log()
      .split('\n')
      .filter((line) => /"level":(50|60)/.test(line))
    for (const line of errors.slice(0, 20)) findings.add(`the log has ${line.slice(0, 2000)}`)
  }

  kill() {
    this.#child.kill('SIGKILL')
  }

  async #start(folder) {
    this.#folder = folder
    mkdirSync(this.importRoot)
    const port = await freePort()
    this.#url = `http://127.0.0.1:${port}`
    const log = openSync(join(folder, 'log'), 'a')
    const folders = ['--data', join(folder, 'data'), '--import-root', this.importRoot]
    this.#child = spawn(
      process.execPath,
      ['dist/cli/main.js', 'serve', '--port', String(port), ...folders, '--log-level', 'warn'],
      { cwd: root, stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.#exit = once(this.#child, 'exit')
    this.#child.on('exit', () => {
      this.isDead = true
    })
    while (!(await this.isHealthy())) {
      if (this.isDead) throw new Error(`the server did not start:\n${this.#log()}`)
      await sleep(20)
    }
  }

  #log() {
    return readFileSync(join(this.#folder, 'log'), 'utf8')
  }

  /** Where the system tells. */
  #measure(findings) {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      this.peakMib = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024)
    } catch {
      return
    }
    if (this.peakMib > residentMibMax) findings.add(`the server took ${this.peakMib} MiB`)
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}
