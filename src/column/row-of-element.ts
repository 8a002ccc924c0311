/** The row whose range `element` lies in. @param offsets where the rows' elements begin, and the last ones end */
export function rowOfElement(offsets: Int32Array, element: number): number {
  let low = 0
  let high = offsets.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[middle + 1] > element) high = middle
    else low = middle + 1
  }
  return low
}
