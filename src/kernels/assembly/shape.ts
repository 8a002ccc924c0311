// Numbers that the kernels and their callers agree upon (scan-kernels.ts).
export const L2: u32 = 0
export const IP: u32 = 1
export const COSINE: u32 = 2
export const HAMMING: u32 = 3
export const JACCARD: u32 = 4
export const SUBSTRUCTURE: u32 = 5

/** What the rows of a metric of floats are stored as. */
export const FLOAT32: u32 = 0
export const FLOAT16: u32 = 1
export const BFLOAT16: u32 = 2
export const INT8: u32 = 3

/** Rows that are looked at together: one word of the mask, and few enough to stay in the cache. */
export const blockRows: u32 = 64
