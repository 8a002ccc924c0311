export {
  rangeMaskFloat32, rangeMaskFloat64, rangeMaskInt16, rangeMaskInt32, rangeMaskInt64, rangeMaskInt8,
} from './compare'
export { countRows } from './count'
export { firstNonFinite32, firstNonFinite64 } from './finite'
export { chooseNear } from './choose-near'
export { fillWholeRows, findNear } from './find-near'
export { currentDepth, followDepth, startDepth } from './json-depth'
export { readFloatList } from './number-text'
export { clearHeaps, scan, sortHeaps } from './scan'
export {
  centerRows, gatherMask, gatherRows, measureBytes, normalizeRows, quantizeRows, widenRows,
} from './rows'
export { hnswInsert, hnswBuildBytes, hnswOpenBuild, hnswOrder, hnswSharedBytes } from './hnsw-build'
export { hnswCodeMax, hnswEncode, hnswFloats } from './hnsw-encode'
export {
  hnswByteLength, hnswCreate, hnswMean, hnswNodes, hnswOpen, hnswPlaceNodes, hnswRecode, hnswRows, hnswSetScale, hnswUpperSlots,
} from './hnsw-layout'
export { hnswScanCodes } from './hnsw-scan'
export { hnswChooseSeeds, hnswCluster, hnswSeedBytes } from './hnsw-order'
export {
  hnswFinishQuery, hnswLateCount, hnswListCandidates, hnswOfferRows, hnswOpenSearch, hnswStartPlainQuery, hnswStartQuery,
  hnswStartScan, hnswWalk,
} from './hnsw-search'
export { readCsvRows, setCsv } from './csv-rows'
export { readJsonRows } from './json-rows'
export { setCells } from './row-cells'
export { encodeRows, sumWords } from './product-encode'
export { fillTables, scanCodes, scanCodesOfLists } from './product-scan'
export { rotateRows } from './rotate'
export { fillByteQuery, scanBytes } from './scan-bytes'
export { scanCentroids } from './scan-centroids'
export { fillIds, scanIds } from './scan-ids'
export { scanTogether } from './scan-together'
export { fillSet32, fillSet64, setMask32, setMask64 } from './sets'
