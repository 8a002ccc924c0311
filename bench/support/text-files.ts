import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { randomFloats, tagCount } from './files.js'

export const textFormats = ['json', 'jsonl', 'csv'] as const
export type TextFormat = (typeof textFormats)[number]

/** So many vectors are different; their numbers are as long as those of any others. */
const vectorCount = 4096

/** Writes rows of `id` and `vector`, and `tag` where it is wanted, with seeded random numbers. */
export function writeVectorText(
  path: string,
  format: TextFormat,
  rowCount: number,
  dim: number,
  hasTags = false,
): void {
  const random = randomFloats(7)
  const vectors = Array.from({ length: vectorCount }, () => listText(random(dim)))
  const names = ['id', 'vector', ...(hasTags ? ['tag'] : [])]
  const cells = (row: number) => {
    const known = [String(row), vectors[row % vectorCount]]
    return hasTags ? [...known, String(row % tagCount)] : known
  }
  writeRows(path, format, names, rowCount, cells)
}

/** Writes rows of scalars: `id`, `flag`, `count`, `price`, `title` and `meta`, which is JSON. */
export function writeScalarText(path: string, format: TextFormat, rowCount: number): void {
  const random = randomFloats(9)
  const names = ['id', 'flag', 'count', 'price', 'title', 'meta']
  writeRows(path, format, names, rowCount, (row) => {
    const [flag, count, price] = random(3)
    return [
      String(row),
      String(flag < 0.5),
      String(Math.floor(count * 1e6)),
      (price * 1000).toFixed(2),
      JSON.stringify(`a title of row ${row}`),
      JSON.stringify({ page: row, kind: 'text', sizes: [1, 2, 3] }),
    ]
  })
}

/** Nine digits name a float32 among all others. */
function listText(values: Float32Array): string {
  return `[${Array.from(values, (value) => Number(value.toPrecision(9))).join(', ')}]`
}

const blockRows = 1024

/** @param cellsOf a row's values as JSON */
function writeRows(
  path: string,
  format: TextFormat,
  names: readonly string[],
  rowCount: number,
  cellsOf: (row: number) => readonly string[],
): void {
  const rowText = format === 'csv' ? csvRow : objectRow(names)
  const descriptor = openSync(path, 'w')
  writeSync(descriptor, format === 'json' ? '[' : format === 'csv' ? `${names.join(',')}\n` : '')
  const between = format === 'json' ? ',\n' : '\n'
  for (let first = 0; first < rowCount; first += blockRows) {
    const count = Math.min(blockRows, rowCount - first)
    const rows = Array.from({ length: count }, (_, row) => rowText(cellsOf(first + row)))
    writeSync(descriptor, (first === 0 ? '' : between) + rows.join(between))
  }
  writeSync(descriptor, format === 'json' ? ']\n' : '\n')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function objectRow(names: readonly string[]): (cells: readonly string[]) => string {
  const keys = names.map((name) => JSON.stringify(name))
  return (cells) => `{${cells.map((cell, index) => `${keys[index]}: ${cell}`).join(', ')}}`
}

function csvRow(cells: readonly string[]): string {
  return cells.map(csvCell).join(',')
}

function csvCell(cell: string): string {
  const text = cell.startsWith('"') ? String(JSON.parse(cell)) : cell
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
