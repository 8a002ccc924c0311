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

function clearLogged(): void {
  for (let place: u32 = 0; place < logged; place++) {
    store<u8>(bits + (load<u32>(log + (<usize>place << 2)) >> 3), 0)
  }
}

@inline
export function isVisited(node: u32): bool {
  return ((load<u8>(bits + (node >> 3)) >> <u8>(node & 7)) & 1) != 0
}

/** The node must not have been visited. */
@inline
export function visit(node: u32): void {
  const at = bits + (node >> 3)
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(node & 7)))
  if (logged < logMax) store<u32>(log + (<usize>logged << 2), node)
  logged++
}
