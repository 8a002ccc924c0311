import type { Logger } from 'pino'

/** On SIGTERM or SIGINT: stop and exit with 0. A second signal does not wait. */
export function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  let isStopping = false
  const onSignal = async (signal: NodeJS.Signals): Promise<void> => {
    if (isStopping) process.exit(1)
    isStopping = true
    log.info(`${signal}: stopping; once more to stop at once`)
    try {
      await stop()
    } catch (error) {
      log.error({ err: error }, 'could not stop in order')
      process.exit(1)
    }
    process.exit(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
