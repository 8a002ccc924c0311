import { cpus, loadavg, totalmem } from 'node:os'

/** One line that says where the figures come from. */
export function machineLine(): string {
  const [{ model }] = cpus()
  const gib = Math.round(totalmem() / 1024 ** 3)
  const load = loadavg().map((value) => value.toFixed(1))
  return `${cpus().length} × ${model.trim()}, ${gib} GiB, Node ${process.version}, ${process.platform}, load ${load.join(' ')}`
}
