/** Milvus's default limits. */
export const nameBytesMax = 255
export const fieldsMax = 64
export const dimMin = 2
export const dimMax = 32768
/** In bits. */
export const binaryDimMax = dimMax * 8
export const varCharBytesMax = 65535
export const arrayCapacityMax = 4096
