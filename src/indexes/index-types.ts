import { DataType } from '../schema/data-type.js'
import type { Metric } from '../schema/metric.js'

/** A parameter that is a number of a range, and what it is when nobody says. */
export interface NumberParam {
  readonly name: string
  readonly min: number
  readonly max: number
  /** null: it is left out, and whoever searches chooses. */
  readonly default: number | null
  readonly isFraction?: boolean
}

/** A parameter of another kind. */
interface WordParam {
  readonly name: string
  readonly default: string | boolean
  /** Of text: what it may be, in any case. */
  readonly words?: readonly string[]
  /** What a wrong word is called. */
  readonly noun?: string
}

/** What Milvus says of a type of index on vectors. Ranges and defaults are those of its newest line. */
export interface IndexType {
  /** Who builds it; null: nobody, an exact scan answers. */
  readonly family: string | null
  readonly dataTypes: readonly DataType[]
  readonly metrics: readonly Metric[]
  readonly numbers: readonly NumberParam[]
  readonly words: readonly WordParam[]
  readonly searchNumbers: readonly NumberParam[]
  /** Below it a segment is scanned. */
  readonly rowsMin: number
}

const intMax = 2_147_483_647

const floatTypes = [
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
  DataType.Int8Vector,
]
const floatMetrics: readonly Metric[] = ['L2', 'IP', 'COSINE']
const bitMetrics: readonly Metric[] = ['HAMMING', 'JACCARD']

/** Fewer rows are scanned in less time than a worker takes to answer. */
const rowsWorthAnIndex = 4096
/** The same for a type that may choose. */
const rowsWorthAGraph = 20_000

const m: NumberParam = { name: 'M', min: 2, max: 2048, default: 30 }
const efConstruction: NumberParam = { name: 'efConstruction', min: 1, max: intMax, default: 360 }
const ef: NumberParam = { name: 'ef', min: 1, max: intMax, default: null }
const nlist: NumberParam = { name: 'nlist', min: 1, max: 65_536, default: 128 }
const nprobe: NumberParam = { name: 'nprobe', min: 1, max: 65_536, default: 8 }
const subvectors = { name: 'm', min: 1, max: 65_536 }
const nbits: NumberParam = { name: 'nbits', min: 1, max: 24, default: 8 }
const refineK: NumberParam = {
  name: 'refine_k',
  min: 1,
  max: 3.4028234663852886e38,
  default: 1,
  isFraction: true,
}
const refine: WordParam = { name: 'refine', default: false }
const refineType: WordParam = {
  name: 'refine_type',
  default: 'FP32',
  words: ['sq6', 'sq8', 'fp16', 'bf16', 'fp32', 'flat'],
  noun: 'refine type',
}
const refineTypeOfGraph: WordParam = { ...refineType, words: ['sq4u', ...refineType.words!] }

const plain: IndexType = {
  family: null,
  dataTypes: floatTypes,
  metrics: floatMetrics,
  numbers: [],
  words: [],
  searchNumbers: [],
  rowsMin: rowsWorthAnIndex,
}
const ivf: IndexType = { ...plain, family: 'ivf', numbers: [nlist], searchNumbers: [nprobe] }
/** Milvus's documentation names it as the first, its newest line as the second. */
const rbqQueryBits: readonly NumberParam[] = [
  { name: 'rbq_query_bits', min: 0, max: 8, default: 0 },
  { name: 'rbq_bits_query', min: 0, max: 8, default: null },
]
const hnsw: IndexType = {
  ...plain,
  family: 'hnsw',
  numbers: [m, efConstruction],
  searchNumbers: [ef],
}

export const indexTypes: Readonly<Record<string, IndexType>> = {
  FLAT: plain,
  BIN_FLAT: {
    ...plain,
    dataTypes: [DataType.BinaryVector],
    metrics: [...bitMetrics, 'SUBSTRUCTURE', 'SUPERSTRUCTURE'],
  },
  IVF_FLAT: ivf,
  BIN_IVF_FLAT: { ...ivf, dataTypes: [DataType.BinaryVector], metrics: bitMetrics },
  IVF_SQ8: {
    ...ivf,
    words: [
      { name: 'sq_type', default: 'SQ8', words: ['sq4', 'sq6', 'sq8'], noun: 'sq_type' },
      ...[refine, refineType],
    ],
    searchNumbers: [nprobe, refineK],
  },
  IVF_PQ: {
    ...ivf,
    numbers: [nlist, { ...subvectors, default: 32 }, nbits],
    words: [refine, refineType],
    searchNumbers: [nprobe, refineK],
  },
  IVF_RABITQ: {
    ...ivf,
    numbers: [nlist, { name: 'rbq_bits', min: 1, max: 9, default: 1 }],
    words: [refine, refineType],
    searchNumbers: [nprobe, ...rbqQueryBits, refineK],
  },
  SCANN: {
    ...ivf,
    numbers: [nlist, { name: 'sub_dim', min: 1, max: 65_536, default: 2 }],
    words: [{ name: 'with_raw_data', default: true }],
    searchNumbers: [nprobe, { name: 'reorder_k', min: 1, max: intMax, default: null }],
  },
  HNSW: {
    ...hnsw,
    dataTypes: [...floatTypes, DataType.BinaryVector],
    metrics: [...floatMetrics, ...bitMetrics],
  },
  HNSW_SQ: {
    ...hnsw,
    words: [
      {
        name: 'sq_type',
        default: 'SQ8',
        words: ['sq4u', 'sq6', 'sq8', 'fp16', 'bf16'],
        noun: 'scalar quantizer type',
      },
      refine,
      refineTypeOfGraph,
    ],
    searchNumbers: [ef, refineK],
  },
  HNSW_PQ: {
    ...hnsw,
    numbers: [m, efConstruction, { ...subvectors, default: 32 }, nbits],
    words: [refine, refineTypeOfGraph],
    searchNumbers: [ef, refineK],
  },
  HNSW_PRQ: {
    ...hnsw,
    numbers: [
      ...[m, efConstruction, { ...subvectors, default: 2 }, nbits],
      { name: 'nrq', min: 1, max: 16, default: 2 },
    ],
    words: [refine, refineTypeOfGraph],
    searchNumbers: [ef, refineK],
  },
  DISKANN: {
    ...hnsw,
    numbers: [],
    searchNumbers: [{ name: 'search_list', min: 1, max: intMax, default: null }],
  },
  AUTOINDEX: {
    ...hnsw,
    dataTypes: [...floatTypes, DataType.BinaryVector],
    metrics: [...floatMetrics, ...bitMetrics],
    numbers: [],
    searchNumbers: [{ name: 'level', min: 1, max: 10, default: 1 }],
    rowsMin: rowsWorthAGraph,
  },
}
