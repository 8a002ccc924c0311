/** Milvus's routes of REST v1 are below it. */
export const legacyPrefix = '/v1/vector'
