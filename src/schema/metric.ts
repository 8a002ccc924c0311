/** Milvus's metric names. Kernels return "smaller is nearer"; `isLargerNearer` is what users see. */
const metrics = [
  'L2',
  'IP',
  'COSINE',
  'HAMMING',
  'JACCARD',
  'SUBSTRUCTURE',
  'SUPERSTRUCTURE',
] as const

export type Metric = (typeof metrics)[number]

export function isMetric(name: string): name is Metric {
  return (metrics as readonly string[]).includes(name)
}

export function isLargerNearer(metric: Metric): boolean {
  return metric === 'IP' || metric === 'COSINE'
}
