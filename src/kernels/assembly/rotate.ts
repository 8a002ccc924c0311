// A random rotation that is fast: signs that are turned at random, and Hadamard transforms. It keeps lengths
// and products, and spreads what a row has in few components over all of them.

const rotationRounds: u32 = 4

/**
 * Rotates rows of float32 in place.
 * @param width a multiple of 8
 * @param signs for each of four rounds, 1 or -1 for each component, float32
 */
export function rotateRows(width: u32, signs: usize, rows: usize, rowCount: u32): void {
  const stride = <usize>width << 2
  const window = windowOf(width)
  const begin = stride - (<usize>window << 2)
  for (let row = rows; row < rows + <usize>rowCount * stride; row += stride) {
    for (let round: u32 = 0; round < rotationRounds; round++) {
      turnSigns(row, stride, signs + <usize>round * stride)
      // A width that is no power of two has a window at its begin and one at its end, in turn.
      transform(row + (round & 1 ? begin : 0), window)
      if (begin != 0) mixHalves(row, stride >> 1)
    }
  }
}

/** The largest power of two that is not larger. */
function windowOf(width: u32): u32 {
  return <u32>1 << (31 - clz(width))
}

function turnSigns(row: usize, stride: usize, signs: usize): void {
  for (let at: usize = 0; at < stride; at += 16) {
    v128.store(row + at, f32x4.mul(v128.load(row + at), v128.load(signs + at)))
  }
}

function transform(row: usize, width: u32): void {
  const end = row + (<usize>width << 2)
  const scale = f32x4.splat(1 / Mathf.sqrt(<f32>width))
  for (let at = row; at < end; at += 16) {
    let v = f32x4.mul(v128.load(at), scale)
    v = sumsAndDifferences(v128.shuffle<i32>(v, v, 0, 0, 2, 2), v128.shuffle<i32>(v, v, 1, 1, 3, 3), 1)
    v = sumsAndDifferences(v128.shuffle<i32>(v, v, 0, 1, 0, 1), v128.shuffle<i32>(v, v, 2, 3, 2, 3), 2)
    v128.store(at, v)
  }
  for (let half: usize = 16; half < end - row; half <<= 1) {
    for (let block = row; block < end; block += half << 1) {
      for (let at = block; at < block + half; at += 16) {
        const one = v128.load(at)
        const other = v128.load(at + half)
        v128.store(at, f32x4.add(one, other))
        v128.store(at + half, f32x4.sub(one, other))
      }
    }
  }
}

@inline
function sumsAndDifferences(one: v128, other: v128, distance: u32): v128 {
  const turned = distance == 1 ? f32x4(1, -1, 1, -1) : f32x4(1, 1, -1, -1)
  return f32x4.add(one, f32x4.mul(other, turned))
}

/** Each component of the one half with its own of the other: a quarter turn of their plane's half. */
function mixHalves(row: usize, halfBytes: usize): void {
  const scale = f32x4.splat(<f32>0.7071067811865476)
  for (let at = row; at < row + halfBytes; at += 16) {
    const one = f32x4.mul(v128.load(at), scale)
    const other = f32x4.mul(v128.load(at + halfBytes), scale)
    v128.store(at, f32x4.add(one, other))
    v128.store(at + halfBytes, f32x4.sub(one, other))
  }
}
