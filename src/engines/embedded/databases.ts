import { MillraceError } from '../../errors.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { nameFault } from '../../schema/validate-name.js'
import type { DatabaseTable } from '../../storage/database-table.js'
import type { RowsContext } from '../../storage/rows-context.js'
import type { DatabaseCatalog, DatabaseDescription, KeyValues, PropertyChange } from '../catalog.js'
import type { Collections } from './collections.js'
import { changedProperties } from './properties.js'
import { checkTimeZone } from './time-zone.js'

/** Changes come in turn with those of collections: none is made in a database that is being dropped. */
export class Databases implements DatabaseCatalog {
  readonly #context: RowsContext
  readonly #collections: Collections

  constructor(context: RowsContext, collections: Collections) {
    this.#context = context
    this.#collections = collections
  }

  get #table(): DatabaseTable {
    return this.#context.catalog.databases
  }

  create(name: string, properties: KeyValues): Promise<void> {
    return this.#collections.inTurn(async () => {
      checkName(name)
      checkTimeZone(properties)
      if (this.#table.find(name)) throw invalidParameter(`database already exist: ${name}`)
      const { oracle } = this.#context
      const createdTimestamp = oracle.next()
      await this.#table.put({ databaseId: oracle.next(), name, properties, createdTimestamp })
    })
  }

  drop(name: string): Promise<void> {
    return this.#collections.inTurn(async () => {
      checkName(name)
      if (name === 'default') throw invalidParameter('can not drop default database')
      const record = this.#table.find(name)
      if (!record) return
      if (this.#collections.list(name).length > 0) {
        throw invalidParameter(
          `database:${name} not empty, must drop all collections before drop database`,
        )
      }
      await this.#table.drop(record)
    })
  }

  alter(name: string, change: PropertyChange): Promise<void> {
    return this.#collections.inTurn(async () => {
      const record = this.#table.named(name)
      checkTimeZone(change.set)
      const properties = changedProperties(record.properties, change)
      await this.#table.put({ ...record, properties })
    })
  }

  describe(name: string): DatabaseDescription {
    return this.#table.named(name)
  }

  list(): DatabaseDescription[] {
    return this.#table.list()
  }
}

function checkName(name: string): void {
  const fault = name === '' ? "database name couldn't be empty" : nameFault('database name', name)
  if (fault === null) return
  throw new MillraceError(
    'databaseNameInvalid',
    `invalid database name[database=${name}]: ${fault}`,
  )
}
