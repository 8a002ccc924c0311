/**
 * A list of headers as this side sends it: nothing of it goes into the other side's table, so that a block is
 * the same whenever it is sent. `:status` 200 has a number of its own.
 */
export function headerBlock(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    headers.map(([name, value]) =>
      name === ':status' && value === '200'
        ? Buffer.of(0x88)
        : Buffer.concat([Buffer.of(0), textOf(name), textOf(value)]),
    ),
  )
}

function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([numberOf(bytes.length), bytes])
}

/** In 7 bits, and bytes of 7 bits each where it does not fit (RFC 7541, section 5.1). */
function numberOf(value: number): Buffer {
  if (value < 127) return Buffer.of(value)
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}
