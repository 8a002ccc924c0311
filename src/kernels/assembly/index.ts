export { firstNonFinite32, firstNonFinite64 } from './finite'
export { readFloatList } from './number-text'
export { clearHeaps, scan, sortHeaps } from './scan'
