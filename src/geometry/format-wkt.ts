import type { Geometry, Layout } from './geometry.js'

/** Writes a geometry as Milvus does: `POINT (1 2)`, `MULTIPOINT Z (1 2 3, EMPTY)`. */
export function formatWkt(geometry: Geometry): string {
  const { layout } = geometry
  return `${geometry.type} ${tags[layout]}${bodyOf(geometry, layout.length)}`
}

const tags: Readonly<Record<Layout, string>> = { XY: '', XYZ: 'Z ', XYM: 'M ', XYZM: 'ZM ' }

function bodyOf(geometry: Geometry, stride: number): string {
  const line = (numbers: readonly number[]) => lineText(numbers, stride)
  switch (geometry.type) {
    case 'POINT':
    case 'LINESTRING':
      return line(geometry.numbers)
    case 'POLYGON':
    case 'MULTILINESTRING':
      return listText(geometry.parts, line)
    case 'MULTIPOINT':
      return listText(geometry.parts, pointText)
    case 'MULTIPOLYGON':
      return listText(geometry.polygons, (rings) => listText(rings, line))
    case 'GEOMETRYCOLLECTION':
      return listText(geometry.members, formatWkt)
  }
}

function listText<Item>(items: readonly Item[], itemText: (item: Item) => string): string {
  return items.length === 0 ? 'EMPTY' : `(${items.map(itemText).join(', ')})`
}

function lineText(numbers: readonly number[], stride: number): string {
  const points: string[] = []
  for (let at = 0; at < numbers.length; at += stride) {
    points.push(pointText(numbers.slice(at, at + stride)))
  }
  return listText(points, (point) => point)
}

function pointText(numbers: readonly number[]): string {
  return numbers.length === 0 ? 'EMPTY' : numbers.map(numberText).join(' ')
}

/** The shortest digits that mean the number, without an exponent. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  if (!text.includes('e')) return text
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)!
  const [, sign, first, rest = '', power] = match
  const digits = first + rest
  const point = 1 + Number(power)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return sign + digits.padEnd(point, '0')
}
