import type { Logger } from 'pino'
import type { EngineLog } from '../engines/embedded/engine-options.js'

/** The engine's words in a log of pino, which takes the detail first and knows an error by its key. */
export function engineLog(log: Logger): EngineLog {
  return {
    info: (message, detail = {}) => log.info(detail, message),
    error: (message, { error, ...detail } = {}) => log.error({ ...detail, err: error }, message),
  }
}
