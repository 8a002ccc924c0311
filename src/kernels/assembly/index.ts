export { firstNonFinite32, firstNonFinite64 } from './finite'
export { currentDepth, followDepth, startDepth } from './json-depth'
export { readFloatList } from './number-text'
export { clearHeaps, scan, sortHeaps } from './scan'
