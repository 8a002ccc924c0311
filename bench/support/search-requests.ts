import { type Search, searchRequestFrom } from '#rooms/client/search-request.js'
import { encode } from '#rooms/wire/codec.js'

export const searchPath = '/milvus.proto.milvus.MilvusService/Search'

/** A request for each query vector, as it goes over the wire. */
export function searchRequests(
  queries: Float32Array,
  dim: number,
  search: Omit<Search, 'data' | 'annsField' | 'metricType'>,
): Uint8Array[] {
  return Array.from({ length: queries.length / dim }, (_, query) => {
    const data = [queries.subarray(query * dim, query * dim + dim)]
    const whole = { ...search, data, annsField: 'vector', metricType: 'L2' }
    return encode('SearchRequest', searchRequestFrom(whole))
  })
}
