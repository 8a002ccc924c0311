/** This process, where SDKs ask for nodes. */
export const nodeId = 1n

/** Milvus: the group that every node is in from the start. */
export const defaultResourceGroup = '__default_resource_group'
