import { MillraceError } from '../../errors.js'
import { validateAlias } from '../../schema/validate-name.js'
import type { Catalog } from '../../storage/catalog.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { AliasCatalog, AliasDescription } from '../catalog.js'
import type { Collections } from './collections.js'

/** An alias is kept in the record of its collection. */
export class Aliases implements AliasCatalog {
  readonly #catalog: Catalog
  readonly #collections: Collections

  constructor(catalog: Catalog, collections: Collections) {
    this.#catalog = catalog
    this.#collections = collections
  }

  create(dbName: string, collectionName: string, alias: string): Promise<void> {
    return this.#collections.changeAll(() => {
      const record = this.#aliasable(dbName, collectionName, alias)
      const before = this.#catalog.findAliased(dbName, alias)
      if (before === record) return []
      if (!before) return [withAlias(record, alias)]
      throw new MillraceError(
        'aliasExists',
        `${alias} is alias to another collection: ${before.schema.name}: alias already exist[database=${dbName}][alias=${alias}]`,
      )
    })
  }

  alter(dbName: string, collectionName: string, alias: string): Promise<void> {
    return this.#collections.changeAll(() => {
      const record = this.#aliasable(dbName, collectionName, alias)
      const before = this.#aliased(dbName, alias)
      return before === record ? [] : [withoutAlias(before, alias), withAlias(record, alias)]
    })
  }

  drop(dbName: string, alias: string): Promise<void> {
    return this.#collections.changeAll(() => {
      const record = this.#catalog.findAliased(dbName, alias)
      return record ? [withoutAlias(record, alias)] : []
    })
  }

  describe(dbName: string, alias: string): AliasDescription {
    return { alias, collectionName: this.#aliased(dbName, alias).schema.name }
  }

  list(dbName: string, collectionName: string): AliasDescription[] {
    const records = collectionName
      ? [this.#catalog.collectionNamed(dbName, collectionName)]
      : this.#catalog.collections(dbName)
    return records.flatMap(({ schema, aliases }) =>
      aliases.map((alias) => ({ alias, collectionName: schema.name })),
    )
  }

  /** The collection, if it may have the alias. */
  #aliasable(dbName: string, collectionName: string, alias: string): CollectionRecord {
    validateAlias(alias)
    const record = this.#catalog.collectionNamed(dbName, collectionName)
    if (this.#catalog.findCollection(dbName, alias)?.schema.name !== alias) return record
    throw new MillraceError(
      'aliasNameConflict',
      `alias and collection name conflict[database=${dbName}][alias=${alias}]`,
    )
  }

  #aliased(dbName: string, alias: string): CollectionRecord {
    const record = this.#catalog.findAliased(dbName, alias)
    if (record) return record
    throw new MillraceError('aliasNotFound', `alias not found[database=${dbName}][alias=${alias}]`)
  }
}

function withAlias(record: CollectionRecord, alias: string): CollectionRecord {
  return { ...record, aliases: [...record.aliases, alias] }
}

function withoutAlias(record: CollectionRecord, alias: string): CollectionRecord {
  return { ...record, aliases: record.aliases.filter((each) => each !== alias) }
}
