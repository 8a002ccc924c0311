import { readFileSync } from 'node:fs'

/**
 * The compiled kernels on a memory: a shared one, of which any number of threads may have instances. Uses the
 * relaxed build where the JavaScript engine knows relaxed SIMD.
 */
export function kernelExportsOn(memory: WebAssembly.Memory): Record<string, unknown> {
  compiled ??= compile()
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports
}

/** This thread's one instance for a memory of a `VectorMemory`, which all families of kernels share. */
export function threadKernelsOn(
  memoryId: number,
  memory: WebAssembly.Memory,
): Record<string, unknown> {
  let kernels = instances.get(memoryId)
  if (!kernels) {
    kernels = kernelExportsOn(memory)
    instances.set(memoryId, kernels)
  }
  return kernels
}

const instances = new Map<number, Record<string, unknown>>()

/** Every kernel memory is declared with this maximum or a smaller one. */
export const memoryPagesMax = 65_535
export const pageBytes = 65_536

let compiled: WebAssembly.Module | undefined

function compile(): WebAssembly.Module {
  const relaxed = readFileSync(new URL('./kernels-relaxed.wasm', import.meta.url))
  if (WebAssembly.validate(relaxed)) return new WebAssembly.Module(relaxed)
  return new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)))
}
