export { firstNonFinite32, firstNonFinite64 } from './finite'
export { clearHeaps, scan, sortHeaps } from './scan'
export { gatherMask, gatherRows, normalizeRows, quantizeRows, widenRows } from './rows'
