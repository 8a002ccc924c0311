// The nodes a walk has seen: a bit for each node, and a log of those set, by which they are cleared again. A
// walk costs what it touches, not a byte for every node.

let bits: usize = 0
let log: usize = 0
let logged: u32 = 0

export function visitBytes(nodes: u32): usize {
  return (((<usize>nodes + 127) >> 7) << 4) + (<usize>nodes << 2)
}

/** @param at `visitBytes` bytes with anything in them */
export function openVisits(at: usize, nodes: u32): void {
  const bitBytes = ((<usize>nodes + 127) >> 7) << 4
  bits = at
  log = at + bitBytes
  logged = 0
  memory.fill(bits, 0, bitBytes)
}

export function clearVisits(): void {
  for (let place: u32 = 0; place < logged; place++) {
    store<u8>(bits + (load<u32>(log + (<usize>place << 2)) >> 3), 0)
  }
  logged = 0
}

@inline
export function isVisited(node: u32): bool {
  return ((load<u8>(bits + (node >> 3)) >> (node & 7)) & 1) != 0
}

/** The node must not have been visited. */
@inline
export function visit(node: u32): void {
  const at = bits + (node >> 3)
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(node & 7)))
  store<u32>(log + (<usize>logged << 2), node)
  logged++
}
