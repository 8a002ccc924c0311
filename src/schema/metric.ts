/** Milvus's metric names. Kernels return "smaller is nearer"; `isLargerNearer` is what users see. */
const metrics = [
  'L2',
  'IP',
  'COSINE',
  'HAMMING',
  'JACCARD',
  'SUBSTRUCTURE',
  'SUPERSTRUCTURE',
  'MAX_SIM',
  'MAX_SIM_COSINE',
  'MAX_SIM_IP',
  'MAX_SIM_L2',
  'MAX_SIM_HAMMING',
  'MAX_SIM_JACCARD',
] as const

export type Metric = (typeof metrics)[number]

export function isMetric(name: string): name is Metric {
  return (metrics as readonly string[]).includes(name)
}

export function isLargerNearer(metric: Metric): boolean {
  const inner = innerMetricOf(metric)
  return inner === 'IP' || inner === 'COSINE'
}

/** Whether it compares vectors of bits. */
export function isBitMetric(metric: Metric): boolean {
  return metric === 'HAMMING' || metric === 'JACCARD' || isPartMetric(metric)
}

/**
 * Whether it finds the rows that have all bits of the query (SUBSTRUCTURE: the query is a part of them), or
 * no others (SUPERSTRUCTURE). All that are found have the distance 0.
 */
export function isPartMetric(metric: Metric): boolean {
  return metric === 'SUBSTRUCTURE' || metric === 'SUPERSTRUCTURE'
}

/** The metric that compares two vectors, where the metric itself compares two lists of them. */
export function innerMetricOf(metric: Metric): Metric {
  if (metric === 'MAX_SIM') return 'COSINE'
  return metric.replace('MAX_SIM_', '') as Metric
}

/** Whether it compares lists of vectors: each of a query's counts with the nearest of a row's. */
export function isListMetric(metric: Metric): boolean {
  return metric.startsWith('MAX_SIM')
}
