import type { Geometry, Layout } from './geometry.js'
import { WktCursor } from './wkt-cursor.js'

/**
 * Parses well-known text: what Milvus's parser (go-geom) takes, in any case of letters, with Z and M.
 * @throws WktFault
 */
export function parseWkt(text: string): Geometry {
  const cursor = new WktCursor(text)
  const geometry = parseGeometry(cursor, { layout: null, isPlain: true }, 0)
  cursor.expectEnd()
  return geometry
}

/** What is known of the layout of all that is nested: the first that tells it decides. */
interface Frame {
  layout: Layout | null
  /** Whether no collection around has named it. */
  readonly isPlain: boolean
}

type Type = Geometry['type']

const types: readonly Type[] = [
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
]

const depthMax = 128

function parseGeometry(cursor: WktCursor, frame: Frame, depth: number): Geometry {
  const { type, tag } = parseType(cursor)
  if (tag !== null) agree(cursor, frame, tag)
  if (type === 'GEOMETRYCOLLECTION') {
    if (depth === depthMax) throw cursor.fault('collections are nested too deeply')
    return parseCollection(cursor, frame, tag, depth)
  }
  const isPlain = tag === null
  // A plain type of XYM is EMPTY, and only in a collection that says M.
  if (isPlain && frame.layout === 'XYM' && frame.isPlain) throw needsM(cursor)
  const body = new Body(cursor, frame, isPlain)
  switch (type) {
    case 'POINT': {
      const numbers = body.pointInParentheses()
      return { type, numbers, layout: frame.layout! }
    }
    case 'LINESTRING': {
      const numbers = body.line()
      return { type, numbers, layout: frame.layout! }
    }
    case 'POLYGON': {
      const parts = body.rings()
      return { type, parts, layout: frame.layout! }
    }
    case 'MULTIPOINT': {
      const parts = body.list(() => body.point())
      return { type, parts, layout: frame.layout! }
    }
    case 'MULTILINESTRING': {
      const parts = body.list(() => body.line())
      return { type, parts, layout: frame.layout! }
    }
    case 'MULTIPOLYGON': {
      const polygons = body.list(() => body.rings())
      return { type, polygons, layout: frame.layout! }
    }
  }
}

/** The type, and the layout that it names: `POINT Z`, `POINTZM`. */
function parseType(cursor: WktCursor): { type: Type; tag: Layout | null } {
  const word = cursor.word()
  if (word === '') throw cursor.unexpected()
  const type = types.find((each) => word.startsWith(each))
  let letters = type === undefined ? '' : word.slice(type.length)
  cursor.skipSpaces()
  if (letters === '' && cursor.takesLetter('Z')) letters = 'Z'
  if (!letters.endsWith('M') && cursor.takesLetter('M')) letters += 'M'
  if (type === undefined || !['', 'Z', 'M', 'ZM'].includes(letters)) {
    throw cursor.fault('invalid keyword')
  }
  return { type, tag: letters === '' ? null : (`XY${letters}` as Layout) }
}

function parseCollection(
  cursor: WktCursor,
  outer: Frame,
  tag: Layout | null,
  depth: number,
): Geometry {
  const frame: Frame = { layout: outer.layout, isPlain: outer.isPlain && tag === null }
  const members: Geometry[] = []
  if (cursor.takesEmpty()) settleEmpty(cursor, frame, frame.isPlain)
  else {
    cursor.expect('(')
    do members.push(parseGeometry(cursor, frame, depth + 1))
    while (cursor.takes(','))
    cursor.expect(')')
  }
  outer.layout ??= frame.layout
  return { type: 'GEOMETRYCOLLECTION', members, layout: frame.layout! }
}

/** What follows a type. */
class Body {
  readonly #cursor: WktCursor
  readonly #frame: Frame
  /** Whether the type names no layout. */
  readonly #isPlain: boolean

  constructor(cursor: WktCursor, frame: Frame, isPlain: boolean) {
    this.#cursor = cursor
    this.#frame = frame
    this.#isPlain = isPlain
  }

  list<Item>(item: () => Item): Item[] {
    if (this.#isEmpty()) return []
    this.#open()
    const items: Item[] = []
    do items.push(item())
    while (this.#cursor.takes(','))
    this.#cursor.expect(')')
    return items
  }

  /** Of a MULTIPOINT: `1 2`, `(1 2)` or EMPTY. */
  point(): number[] {
    if (this.#isEmpty()) return []
    const hasParentheses = this.#cursor.takes('(')
    const numbers: number[] = []
    this.#readPoint(numbers)
    if (hasParentheses) this.#cursor.expect(')')
    return numbers
  }

  pointInParentheses(): number[] {
    if (this.#isEmpty()) return []
    this.#open()
    const numbers: number[] = []
    this.#readPoint(numbers)
    this.#cursor.expect(')')
    return numbers
  }

  line(): number[] {
    if (this.#isEmpty()) return []
    const numbers = this.#points()
    if (numbers.length >= 2 * this.#stride()) return numbers
    throw this.#cursor.fault('non-empty linestring with only one point')
  }

  rings(): number[][] {
    return this.list(() => this.#ring())
  }

  #ring(): number[] {
    const numbers = this.#points()
    const stride = this.#stride()
    if (numbers.length < 4 * stride) {
      throw this.#cursor.fault("polygon ring doesn't have enough points")
    }
    const dimensions = this.#frame.layout!.includes('Z') ? 3 : 2
    for (let at = 0; at < dimensions; at++) {
      if (numbers[at] !== numbers[numbers.length - stride + at]) {
        throw this.#cursor.fault('polygon ring not closed')
      }
    }
    return numbers
  }

  #points(): number[] {
    this.#open()
    const numbers: number[] = []
    do this.#readPoint(numbers)
    while (this.#cursor.takes(','))
    this.#cursor.expect(')')
    return numbers
  }

  #readPoint(into: number[]): void {
    const count = this.#cursor.numbers(into)
    if (count === 0) throw this.#cursor.unexpected()
    if (count === 1) throw this.#cursor.fault('not enough coordinates')
    if (count > 4) throw this.#cursor.fault('too many coordinates')
    this.#frame.layout ??= count === 2 ? 'XY' : count === 3 ? 'XYZ' : 'XYZM'
    const layout = this.#frame.layout
    if (count === layout.length) return
    throw this.#cursor.fault(
      `mixed dimensionality, parsed layout is ${layout} so expecting ${layout.length} coords but got ${count} coords`,
    )
  }

  #open(): void {
    this.#cursor.expect('(')
    if (this.#isPlain && this.#frame.layout === 'XYM') throw needsM(this.#cursor)
  }

  #isEmpty(): boolean {
    if (!this.#cursor.takesEmpty()) return false
    settleEmpty(this.#cursor, this.#frame, this.#isPlain && this.#frame.isPlain)
    return true
  }

  #stride(): number {
    return this.#frame.layout!.length
  }
}

/** A plain EMPTY is of two dimensions. */
function settleEmpty(cursor: WktCursor, frame: Frame, isPlain: boolean): void {
  if (!isPlain) return
  frame.layout ??= 'XY'
  if (frame.layout !== 'XY') throw mixed(cursor, frame.layout, 'XY')
}

function agree(cursor: WktCursor, frame: Frame, layout: Layout): void {
  frame.layout ??= layout
  if (frame.layout !== layout) throw mixed(cursor, frame.layout, layout)
}

function needsM(cursor: WktCursor): Error {
  return mixed(cursor, 'XYM', 'not XYM')
}

function mixed(cursor: WktCursor, parsed: Layout, found: string): Error {
  return cursor.fault(
    `mixed dimensionality, parsed layout is ${parsed} but encountered layout of ${found}`,
  )
}
