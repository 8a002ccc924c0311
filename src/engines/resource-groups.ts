import type { ResourceGroupConfig } from '../storage/access-records.js'

export type { ResourceGroupConfig } from '../storage/access-records.js'

export interface ResourceGroupDescription {
  readonly name: string
  readonly config: ResourceGroupConfig
  readonly capacity: number
  /** Of how many nodes it is, 0 or 1. */
  readonly nodeCount: number
}

/**
 * Groups of nodes, of which there is one: it is in the default group until another group asks for a node.
 * Where a group must be there, resourceGroupNotFound is thrown when it is not.
 */
export interface ResourceGroupCatalog {
  /** null: a group that asks for no node. @throws resourceGroupExists, resourceGroupConfigInvalid */
  create(name: string, config: ResourceGroupConfig | null): Promise<void>
  /** One that is not there is no error. @throws parameterInvalid for the default one, and one that wants nodes */
  drop(name: string): Promise<void>
  /** All or none of them. @throws resourceGroupConfigInvalid */
  update(configs: ReadonlyMap<string, ResourceGroupConfig>): Promise<void>
  /** @throws resourceGroupNodesShort, parameterInvalid */
  transferNodes(source: string, target: string, count: number): Promise<void>
  describe(name: string): ResourceGroupDescription
  list(): ResourceGroupDescription[]
  /** The group that the node is in. */
  ofNode(): string
}
