import { Connection, type ConnectOptions } from './connection.js'
import { MilvusException } from './milvus-exception.js'

const defaultAlias = 'default'
const open = new Map<string, Connection>()

/** The open connections of this process, by alias. */
export const connections = {
  /**
   * Connects, and closes what had the alias before.
   * @throws MilvusException when no server answers in time
   */
  async connect(options: ConnectOptions = {}): Promise<void> {
    const { alias = defaultAlias } = options
    const connection = await Connection.open(options)
    open.get(alias)?.close()
    open.set(alias, connection)
  },

  disconnect(alias: string = defaultAlias): void {
    open.get(alias)?.close()
    open.delete(alias)
  },
}

/** @throws MilvusException when nothing is connected under the alias */
export function connectionNamed(alias: string = defaultAlias): Connection {
  const connection = open.get(alias)
  if (connection) return connection
  throw new MilvusException(1, `no connection "${alias}": call connections.connect() first`)
}
