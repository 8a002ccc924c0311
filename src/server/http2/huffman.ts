/**
 * Huffman coding of header texts (RFC 7541, appendix B). The code is canonical: among symbols with codes of one
 * length the codes count up, so that the lengths tell all of it.
 */
const endOfString = 256

/** Symbols by the length of their codes in bits; the last is the end of the string. */
const symbolsByLength: Readonly<Record<number, readonly number[]>> = symbolsFromLengths([
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
])

/** @returns null where the bytes are no such code */
export function decodeHuffman(bytes: Uint8Array): string | null {
  let text = ''
  let node = 0
  let openBits = 0
  let areOpenOnes = true
  for (const byte of bytes) {
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1
      const next = tree[node * 2 + bit]
      openBits++
      areOpenOnes &&= bit === 1
      if (next > 0) {
        node = next
        continue
      }
      if (-next === endOfString) return null
      text += String.fromCharCode(-next)
      node = 0
      openBits = 0
      areOpenOnes = true
    }
  }
  // What is left of the last byte is the beginning of the end of the string.
  return openBits < 8 && areOpenOnes ? text : null
}

/** Two places a node: a node above 0, or the negative of a symbol (of which 0 is one). */
const tree = treeFrom(symbolsByLength)

function symbolsFromLengths(lengths: readonly number[]): Record<number, number[]> {
  const symbols: Record<number, number[]> = {}
  for (const [symbol, length] of lengths.entries()) {
    symbols[length] ??= []
    symbols[length].push(symbol)
  }
  return symbols
}

function treeFrom(symbols: Readonly<Record<number, readonly number[]>>): Int16Array {
  const places = new Int16Array(endOfString * 2)
  let nodeCount = 1
  let code = 0
  for (let length = 1; length <= 30; length++) {
    code *= 2
    for (const symbol of symbols[length] ?? []) {
      nodeCount = plant(places, nodeCount, code, length, symbol)
      code++
    }
  }
  return places
}

/** @returns the count of nodes afterwards */
function plant(
  places: Int16Array,
  nodeCount: number,
  code: number,
  length: number,
  symbol: number,
): number {
  let count = nodeCount
  let node = 0
  for (let shift = length - 1; shift > 0; shift--) {
    const place = node * 2 + ((code >> shift) & 1)
    if (places[place] === 0) places[place] = count++
    node = places[place]
  }
  places[node * 2 + (code & 1)] = -symbol
  return count
}
