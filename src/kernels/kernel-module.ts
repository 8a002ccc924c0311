import { readFileSync } from 'node:fs'

/**
 * The compiled kernels on a memory: a shared one, of which any number of threads may have instances. Uses the
 * relaxed build where the JavaScript engine knows relaxed SIMD.
 */
export function kernelExportsOn(memory: WebAssembly.Memory): Record<string, unknown> {
  compiled ??= compile()
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports
}

/** Every kernel memory is declared with this maximum or a smaller one. */
export const memoryPagesMax = 65_535
export const pageBytes = 65_536

let compiled: WebAssembly.Module | undefined

function compile(): WebAssembly.Module {
  const relaxed = readFileSync(new URL('./kernels-relaxed.wasm', import.meta.url))
  if (WebAssembly.validate(relaxed)) return new WebAssembly.Module(relaxed)
  return new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)))
}
