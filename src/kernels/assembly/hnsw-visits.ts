// The nodes a walk has seen: a bit for each node, and a log of those set, by which they are cleared
// again. A walk costs what it touches, not what there is; one that touches very many clears all.

const logMax: u32 = 1 << 16

let bits: usize = 0
let bitBytes: usize = 0
let log: usize = 0
let logged: u32 = 0

export function visitBytes(nodes: u32): usize {
  return bitBytesOf(nodes) + (<usize>min(nodes, logMax) << 2)
}

/** @param at `visitBytes` bytes with anything in them */
export function openVisits(at: usize, nodes: u32): void {
  bits = at
  bitBytes = bitBytesOf(nodes)
  log = at + bitBytes
  logged = 0
  memory.fill(bits, 0, bitBytes)
}

function bitBytesOf(nodes: u32): usize {
  return ((<usize>nodes + 127) >> 7) << 4
}

export function clearVisits(): void {
  if (logged > logMax) memory.fill(bits, 0, bitBytes)
  else clearLogged()
  logged = 0
}

/** Room for numbers of all nodes, or of as many as the log has, while none is visited. */
@inline
export function unusedLog(): usize {
  return log
}

function clearLogged(): void {
  for (let place: u32 = 0; place < logged; place++) {
    store<u8>(bits + (load<u32>(log + (<usize>place << 2)) >> 3), 0)
  }
}

@inline
export function isVisited(node: u32): bool {
  return ((load<u8>(bits + (node >> 3)) >> <u8>(node & 7)) & 1) != 0
}

/**
 * Visits a node that may have been visited, for `logVisits` to follow. Which it was a branch would foretell wrongly too
 * often.
 * @returns 1 where it was not, else 0
 */
@inline
export function visitAnew(node: u32): u32 {
  const at = bits + (node >> 3)
  const before = <u32>load<u8>(at)
  store<u8>(at, before | (1 << (node & 7)))
  return ((before >> (node & 7)) & 1) ^ 1
}

/** @param list of nodes that were visited anew, from its begin to its end */
export function logVisits(list: usize, end: usize): void {
  const count = <u32>((end - list) >> 2)
  if (logged + count <= logMax) {
    for (let to = log + (<usize>logged << 2); list < end; list += 4, to += 4) {
      store<u32>(to, load<u32>(list))
    }
    logged += count
  } else {
    logged = logMax + 1
  }
}

/** The node must not have been visited. */
@inline
export function visit(node: u32): void {
  const at = bits + (node >> 3)
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(node & 7)))
  if (logged < logMax) store<u32>(log + (<usize>logged << 2), node)
  logged++
}
