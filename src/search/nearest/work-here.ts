import { performance } from 'node:perf_hooks'

/**
 * Whether work is better done by this thread than sent to another one; it is asked once for each piece. What
 * takes no longer than its share of a message is done here, and in each turn of the event loop as much more
 * as a message by itself takes, so that nobody waits longer for it than for its dispatch. While this thread
 * has rest, that may be what its own caller would wait for the wake-up of two threads. The others of the turn
 * are sent together, and with them all that is longer.
 */
export function isDoneHere(microseconds: number): boolean {
  if (microseconds <= joinedMicroseconds) return true
  const room = (isBusy() ? sendMicroseconds : wakeMicroseconds) - turnMicroseconds
  if (microseconds > room) return false
  if (turnMicroseconds === 0) setImmediate(endTurn)
  turnMicroseconds += microseconds
  return true
}

/** What sending takes of this thread, there and back: with others in the message, and by itself. */
const joinedMicroseconds = 20
const sendMicroseconds = 50
/** How much longer a caller waits for a thread that is woken, and for this one that is woken by it. */
const wakeMicroseconds = 150

/** What was done here in this turn. */
let turnMicroseconds = 0

function endTurn(): void {
  turnMicroseconds = 0
}

/** Whether this thread seldom waited for something to do, lately. */
function isBusy(): boolean {
  const now = performance.now()
  if (now - last.time < windowMs) return last.isBusy
  const { idle } = performance.eventLoopUtilization()
  const isBusy = idle - last.idle < (now - last.time) * idleShare
  last = { time: now, idle, isBusy }
  return isBusy
}

let last = { time: 0, idle: 0, isBusy: false }

const windowMs = 20
const idleShare = 0.1
