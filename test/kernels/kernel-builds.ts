import { readFileSync } from 'node:fs'

/** The kernels of each build that this engine takes, over a memory. */
export function kernelBuilds<Kernels>(memory: WebAssembly.Memory) {
  return ['kernels.wasm', 'kernels-relaxed.wasm'].flatMap((file) => {
    const bytes = readFileSync(new URL(`../../dist/kernels/${file}`, import.meta.url))
    if (!WebAssembly.validate(bytes)) return []
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
    return [{ file, kernels: instance.exports as unknown as Kernels }]
  })
}
