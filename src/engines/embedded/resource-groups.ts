import { MillraceError } from '../../errors.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { nameFault } from '../../schema/validate-name.js'
import {
  type AccessRecords,
  defaultResourceGroup,
  type ResourceGroupRecord,
} from '../../storage/access-records.js'
import { Serial } from '../../util/serial.js'
import type {
  ResourceGroupCatalog,
  ResourceGroupConfig,
  ResourceGroupDescription,
} from '../resource-groups.js'

const noNodes: ResourceGroupConfig = {
  nodesRequested: 0,
  nodesMax: 0,
  transferFrom: [],
  transferTo: [],
  nodeLabels: [],
}

export class ResourceGroups implements ResourceGroupCatalog {
  readonly #records: AccessRecords
  readonly #changes = new Serial()

  constructor(records: AccessRecords) {
    this.#records = records
  }

  create(name: string, config: ResourceGroupConfig | null): Promise<void> {
    return this.#changes.run(async () => {
      const wanted = { name, config: config ?? noNodes }
      checkGroupName(name)
      const existing = this.#records.find('resourceGroups', name)
      if (existing && JSON.stringify(existing.config) === JSON.stringify(wanted.config)) return
      if (existing) {
        throw new MillraceError(
          'resourceGroupExists',
          `resource group already exist, but create with different config[rg=${name}]`,
        )
      }
      this.#checkConfig(wanted)
      await this.#put([wanted])
    })
  }

  drop(name: string): Promise<void> {
    return this.#changes.run(async () => {
      if (name === defaultResourceGroup) {
        throw invalidParameter('default resource group is not deletable')
      }
      const record = this.#records.find('resourceGroups', name)
      if (!record) return
      if (record.config.nodesMax > 0) {
        throw invalidParameter(
          `delete non-empty rg is not permitted: resource group ${name}'s limits node num is not 0, please update it first`,
        )
      }
      await this.#records.commit([{ table: 'resourceGroups', remove: name }])
    })
  }

  update(configs: ReadonlyMap<string, ResourceGroupConfig>): Promise<void> {
    return this.#changes.run(async () => {
      const records = [...configs].map(([name, config]) => ({ ...this.#named(name), config }))
      for (const record of records) this.#checkConfig(record)
      await this.#put(records)
    })
  }

  transferNodes(source: string, target: string, count: number): Promise<void> {
    return this.#changes.run(async () => {
      if (source === target) {
        throw invalidParameter(
          `source resource group and target resource group should not be the same, resource group: ${source}`,
        )
      }
      if (count <= 0) throw invalidParameter(`transfer node num can't be [${count}]`)
      const [from, to] = [this.#named(source), this.#named(target)]
      const { nodeCount } = this.#described(from)
      if (nodeCount < count) {
        throw new MillraceError(
          'resourceGroupNodesShort',
          `resource group node not enough[rg=${source}]: expected ${count}, got ${nodeCount}`,
        )
      }
      await this.#put([withNodes(from, -count), withNodes(to, count)])
    })
  }

  describe(name: string): ResourceGroupDescription {
    return this.#described(this.#named(name))
  }

  list(): ResourceGroupDescription[] {
    return this.#records.all('resourceGroups').map((record) => this.#described(record))
  }

  /** The first group that asks for a node, and takes one without labels. */
  ofNode(): string {
    const asking = this.#records
      .all('resourceGroups')
      .find(
        ({ name, config }) =>
          name !== defaultResourceGroup &&
          config.nodesRequested > 0 &&
          config.nodeLabels.length === 0,
      )
    return asking?.name ?? defaultResourceGroup
  }

  #described({ name, config }: ResourceGroupRecord): ResourceGroupDescription {
    const nodeCount = name === this.ofNode() ? 1 : 0
    // Milvus: the default group is said to be for a node, as it was before groups had configs.
    const isDefault = name === defaultResourceGroup && config.nodesRequested === 0
    return { name, config, nodeCount, capacity: isDefault ? 1 : config.nodesRequested }
  }

  #named(name: string): ResourceGroupRecord {
    const record = this.#records.find('resourceGroups', name)
    if (record) return record
    throw new MillraceError('resourceGroupNotFound', `resource group not found[rg=${name}]`)
  }

  #checkConfig({ name, config }: ResourceGroupRecord): void {
    const { nodesRequested, nodesMax, transferFrom, transferTo } = config
    if (nodesRequested < 0 || nodesMax < 0) {
      throw wrongConfig(name, 'node num should not less than 0')
    }
    if (nodesMax < nodesRequested) {
      throw wrongConfig(name, 'limits node num should not less than requests node num')
    }
    for (const other of [...transferFrom, ...transferTo]) {
      if (other === name) throw wrongConfig(name, 'a group cannot give nodes to itself')
      if (!this.#records.find('resourceGroups', other)) {
        throw wrongConfig(name, `resource group in transfers not found: ${other}`)
      }
    }
  }

  #put(records: readonly ResourceGroupRecord[]): Promise<void> {
    return this.#records.commit(records.map((put) => ({ table: 'resourceGroups', put })))
  }
}

function withNodes({ name, config }: ResourceGroupRecord, count: number): ResourceGroupRecord {
  const nodesRequested = Math.max(config.nodesRequested + count, 0)
  const nodesMax = Math.max(config.nodesMax + count, 0)
  return { name, config: { ...config, nodesRequested, nodesMax } }
}

/** @throws parameterInvalid */
function checkGroupName(name: string): void {
  if (name === '') throw invalidParameter("resource group name couldn't be empty")
  const fault = nameFault('resource group name', name)
  if (fault) throw invalidParameter(`Invalid resource group name: ${name}. ${fault}`)
}

function wrongConfig(name: string, fault: string): MillraceError {
  return new MillraceError(
    'resourceGroupConfigInvalid',
    `resource group illegal config[rg=${name}]: ${fault}`,
  )
}
