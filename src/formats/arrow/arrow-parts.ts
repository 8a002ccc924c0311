import type { InputPart } from '../format.js'

/** Bitmaps are cut at whole bytes. */
const rowsPerStep = 8

/** Parts of about as many rows each, for files that can be read from any row on. */
export function evenParts(rowCount: number, bytesTotal: number, partCount: number): InputPart[] {
  const stepCount = Math.ceil(rowCount / rowsPerStep)
  const count = Math.min(partCount, stepCount)
  const share = (total: number, index: number) => Math.floor((total * index) / count)
  return Array.from({ length: count }, (_, index) => {
    const begin = share(stepCount, index) * rowsPerStep
    const end = Math.min(share(stepCount, index + 1) * rowsPerStep, rowCount)
    const bytes = share(bytesTotal, index + 1) - share(bytesTotal, index)
    return { begin, end, rowCount: end - begin, bytes }
  })
}
