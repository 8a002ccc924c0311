import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { UserCatalog } from '../../engines/access.js'
import { Serial } from '../../util/serial.js'
import type { Credentials } from './credentials.js'

/** After each wrong password of a peer it waits twice as long for the next answer, up to the most. */
const delayMs = { first: 100, most: 3_000 }
/** A peer whose last wrong password is so long ago is as good as a new one. */
const forgottenAfterMs = 60_000
/** Passwords of one peer that wait to be checked; more are refused without a look. */
const waitingMax = 64
const peersMax = 10_000

const wrongPassword = 'auth check failure, please check username and password are correct'

interface Peer {
  readonly turns: Serial
  waiting: number
  failures: number
  failedMs: number
}

/**
 * Tells who calls. A password that was right is known again by a keyed digest, so that only the first call
 * of a user costs what a hash of passwords costs on purpose; guesses wait for each other and for the clock.
 */
export class Authenticator {
  readonly #users: UserCatalog
  readonly #digestKey = randomBytes(32)
  readonly #known = new Map<string, { readonly version: string; readonly digest: Buffer }>()
  readonly #peers = new Map<string, Peer>()
  /** Hashing takes a thread that files are read on: one at a time. */
  readonly #hashing = new Serial()

  constructor(users: UserCatalog) {
    this.#users = users
  }

  /**
   * @param address of the peer, without its port
   * @returns why the caller is refused, with Milvus's text, or null
   */
  async refusalOf(credentials: Credentials, address: string): Promise<string | null> {
    if ('fault' in credentials) return credentials.fault
    const { userName, password } = credentials
    if (this.#isKnown(userName, password)) return null
    const peer = this.#peerAt(address)
    if (peer.waiting >= waitingMax) return wrongPassword
    peer.waiting++
    try {
      const isRight = await peer.turns.run(() => this.#check(peer, userName, password))
      return isRight ? null : wrongPassword
    } catch (error) {
      // Whatever went wrong (no memory to hash in, say), nobody comes in by it.
      return `auth check failure: ${error instanceof Error ? error.message : String(error)}`
    } finally {
      peer.waiting--
    }
  }

  /** A caller that began together with one who was right need not wait. */
  async #check(peer: Peer, userName: string, password: string): Promise<boolean> {
    if (this.#isKnown(userName, password)) return true
    if (peer.failures > 0) {
      await delay(Math.min(delayMs.first * 2 ** (peer.failures - 1), delayMs.most))
    }
    const version = this.#users.passwordVersion(userName)
    const isRight = await this.#hashing.run(() => this.#users.isPassword(userName, password))
    if (isRight && version !== undefined) {
      this.#known.set(userName, { version, digest: this.#digestOf(userName, password) })
      return true
    }
    peer.failures++
    peer.failedMs = Date.now()
    return false
  }

  #isKnown(userName: string, password: string): boolean {
    const known = this.#known.get(userName)
    if (known?.version !== this.#users.passwordVersion(userName)) this.#known.delete(userName)
    else if (known) return timingSafeEqual(known.digest, this.#digestOf(userName, password))
    return false
  }

  #digestOf(userName: string, password: string): Buffer {
    return createHmac('sha256', this.#digestKey).update(`${userName}\0${password}`).digest()
  }

  #peerAt(address: string): Peer {
    const found = this.#peers.get(address)
    const isFresh = found && (found.waiting > 0 || Date.now() - found.failedMs < forgottenAfterMs)
    if (isFresh) return found
    if (this.#peers.size >= peersMax) this.#forgetPeers()
    const peer = { turns: new Serial(), waiting: 0, failures: 0, failedMs: 0 }
    this.#peers.set(address, peer)
    return peer
  }

  #forgetPeers(): void {
    const oldestMs = Date.now() - forgottenAfterMs
    for (const [address, { waiting, failedMs }] of this.#peers) {
      if (waiting === 0 && failedMs < oldestMs) this.#peers.delete(address)
    }
  }
}
