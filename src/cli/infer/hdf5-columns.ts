import { isDenseVectorType } from '../../schema/data-type.js'
import type { ByteSource } from '../../source/byte-source.js'
import { columnsByTypes } from './arrow-columns.js'
import type { SeenColumn } from './seen-column.js'

/** What ann-benchmarks names the vectors to be searched, and what it keeps beside them. */
const trainName = 'train'
const besideTrain = ['test', 'neighbors', 'distances', 'avg_distances']
const vectorName = 'vector'

/**
 * The datasets of an HDF5 file that make rows together. `train` becomes the field `vector`; what is about
 * its queries is none.
 */
export async function hdf5Columns(sources: readonly ByteSource[]): Promise<SeenColumn[]> {
  const { withHdf5File } = await import('../../formats/hdf5/hdf5-file.js')
  const datasets = await withHdf5File(sources[0], (file) =>
    file.datasets.map(({ name, type, rowCount }) => ({ name, type, rowCount })),
  )
  const train = datasets.find(({ name }) => name === trainName)
  const together = train
    ? datasets.filter(
        ({ name, rowCount }) => rowCount === train.rowCount && !besideTrain.includes(name),
      )
    : datasets
  const columns = await columnsByTypes(together, sources)
  // As an import does: of several vectors, each has its own name.
  const isOnly = columns.filter(({ dataType }) => isDenseVectorType(dataType)).length === 1
  const isFree = isOnly && !columns.some(({ name }) => name === vectorName)
  return columns.map((column) =>
    column.name === trainName && isFree ? { ...column, name: vectorName } : column,
  )
}
