/** A copy of the bytes with one to four changes, mostly one; what is spliced in comes from another file. */
export function mutated(bytes, other, random) {
  let changed = Buffer.from(bytes)
  for (let changes = 1 + random(1 + random(4)); changes > 0; changes--) {
    if (changed.length === 0) return changed
    changed = mutations[random(mutations.length)](changed, other, random)
  }
  return changed
}

const mutations = [
  flipBit,
  flipBit,
  setByte,
  setLength,
  setLength,
  truncate,
  splice,
  duplicate,
  remove,
  overwrite,
  editNumber,
  editStructure,
]

function flipBit(bytes, _other, random) {
  bytes[placeIn(bytes, random)] ^= 1 << random(8)
  return bytes
}

function setByte(bytes, _other, random) {
  bytes[placeIn(bytes, random)] = [0, 0xff, 0x80, 0x7f, random(256)][random(5)]
  return bytes
}

/** Writes a number that is likely to be wrong where a length, a count or an offset may lie. */
function setLength(bytes, _other, random) {
  const width = [1, 2, 4, 4, 8][random(5)]
  const place = placeIn(bytes, random)
  const at = random(2) === 0 ? place - (place % width) : place
  if (at + width > bytes.length) return bytes
  const old = width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width))
  const top = 1n << BigInt(width * 8)
  const choices = [0n, 1n, top - 1n, top >> 1n, (top >> 1n) - 1n, old + 1n, old - 1n, old * 2n]
  const value = BigInt.asUintN(width * 8, [...choices, BigInt(bytes.length)][random(9)])
  if (width === 8) bytes.writeBigUInt64LE(value, at)
  else if (random(4) === 0) bytes.writeUIntBE(Number(value), at, width)
  else bytes.writeUIntLE(Number(value), at, width)
  return bytes
}

function truncate(bytes, _other, random) {
  return bytes.subarray(0, random(bytes.length))
}

function splice(bytes, other, random) {
  const [begin, end] = rangeIn(other, random)
  const at = placeIn(bytes, random)
  return Buffer.concat([bytes.subarray(0, at), other.subarray(begin, end), bytes.subarray(at)])
}

function duplicate(bytes, _other, random) {
  const [begin, end] = rangeIn(bytes, random)
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(begin)])
}

function remove(bytes, _other, random) {
  const [begin, end] = rangeIn(bytes, random)
  return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)])
}

/** With zeros, or with another part of the file. */
function overwrite(bytes, _other, random) {
  const [begin, end] = rangeIn(bytes, random)
  if (random(2) === 0) return bytes.fill(0, begin, end)
  bytes.copy(bytes, placeIn(bytes, random), begin, end)
  return bytes
}

const numbers = [
  '1e400',
  '-0',
  '99999999999999999999',
  '9223372036854775807',
  'NaN',
  '1e',
  '',
  '-',
  '0x1',
]

function editNumber(bytes, _other, random) {
  const text = bytes.toString('latin1')
  const at = placeIn(bytes, random)
  const found = /-?\d[\d.eE+-]*/.exec(text.slice(at, at + 2000))
  if (!found) return bytes
  const begin = at + found.index
  const after = text.slice(begin + found[0].length)
  return Buffer.from(text.slice(0, begin) + numbers[random(numbers.length)] + after, 'latin1')
}

const pieces = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r',
  '\0',
  '\\ud83e',
  '\xff',
  'null',
  '['.repeat(300),
]

function editStructure(bytes, _other, random) {
  const at = placeIn(bytes, random)
  const piece = Buffer.from(pieces[random(pieces.length)], 'latin1')
  const behind = bytes.subarray(random(2) === 0 ? at : at + 1)
  return Buffer.concat([bytes.subarray(0, at), piece, behind])
}

/** Anywhere, or where headers and footers are. */
function placeIn(bytes, random) {
  const near = Math.min(bytes.length, 200)
  switch (random(4)) {
    case 0:
      return random(near)
    case 1:
      return bytes.length - 1 - random(Math.min(bytes.length, 1500))
    default:
      return random(bytes.length)
  }
}

function rangeIn(bytes, random) {
  const begin = random(bytes.length)
  return [begin, begin + 1 + random(Math.min(bytes.length - begin, random(2) === 0 ? 16 : 4000))]
}
