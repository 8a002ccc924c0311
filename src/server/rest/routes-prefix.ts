/** Milvus's routes are below it. */
export const routesPrefix = '/v2/vectordb'
