/** This process, where SDKs ask for nodes. */
export const nodeId = 1n
