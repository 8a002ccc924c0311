import { kernelExportsOn, pageBytes } from './kernel-module.js'
import { writePowersOfTen } from './powers-of-ten.js'

/** The memory in which rows of a text become columns: tables, a chunk of the text, and columns. */
export interface TextRowsMemory {
  readonly kernels: TextRowsKernels
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  /** Whose tables and text lie there. */
  owner: object | null
}

/** Addresses and lengths of a memory; those of structs are as in assembly/row-cells.ts. */
export interface TextRowsKernels {
  setCells(
    cells: number,
    cellCount: number,
    dynamicColumn: number,
    begins: number,
    ends: number,
    powers: number,
  ): void
  setCsv(separator: number, nullKey: number, nullKeyLength: number): void
  readCsvRows(text: number, end: number, rowsMax: number): number
  readJsonRows(text: number, end: number, rowsMax: number, needsComma: boolean): number
}

/** As much text as is looked at at once. */
export const chunkBytes = 256 * 1024
/** Zeros behind the text, of which kernels read up to 16 at once. */
export const paddingBytes = 64

export const powersAddress = pageBytes
export const tablesAddress = 2 * pageBytes
export const tablesBytes = 2 * pageBytes
export const textAddress = tablesAddress + tablesBytes
export const columnsAddress = textAddress + chunkBytes + pageBytes
export const columnsBytes = 4 * 1024 ** 2

/** This thread's, since a run is read at once. */
export function textRowsMemory(): TextRowsMemory {
  memory ??= newMemory()
  return memory
}

let memory: TextRowsMemory | null = null

function newMemory(): TextRowsMemory {
  const pages = Math.ceil((columnsAddress + columnsBytes) / pageBytes) + 1
  const shared = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  writePowersOfTen(shared, powersAddress)
  return {
    kernels: kernelExportsOn(shared) as unknown as TextRowsKernels,
    bytes: new Uint8Array(shared.buffer),
    words: new Uint32Array(shared.buffer),
    owner: null,
  }
}
