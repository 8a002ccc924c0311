export { firstNonFinite32, firstNonFinite64 } from './finite'
export { currentDepth, followDepth, startDepth } from './json-depth'
export { readFloatList } from './number-text'
export { clearHeaps, scan, sortHeaps } from './scan'
export { gatherMask, gatherRows, normalizeRows, quantizeRows, widenRows } from './rows'
export { hnswInsert, hnswBuildBytes, hnswOpenBuild, hnswOrder, hnswSharedBytes } from './hnsw-build'
export { hnswCodeMax, hnswEncode, hnswFloats } from './hnsw-encode'
export {
  hnswByteLength, hnswCreate, hnswMean, hnswNodes, hnswOpen, hnswPlaceNodes, hnswRows, hnswSetScale, hnswUpperSlots,
} from './hnsw-layout'
export { hnswChooseSeeds, hnswCluster, hnswSeedBytes } from './hnsw-order'
export {
  hnswFinishQuery, hnswOpenSearch, hnswScanCodes, hnswStartPlainQuery, hnswStartQuery, hnswWalk,
} from './hnsw-search'
