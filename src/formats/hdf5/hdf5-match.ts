import { isDenseVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { ColumnMatch } from '../arrow/arrow-match.js'
import type { ArrowMember } from '../arrow/arrow-type.js'
import { importError } from '../import-error.js'
import type { Hdf5File } from './hdf5-file.js'

/** What ann-benchmarks names the vectors to be searched. */
const trainName = 'train'

/** The datasets as columns; `train` is the one vector field where no dataset has its name. */
export function columnsFor({ datasets }: Hdf5File, fields: readonly Field[]): ArrowMember[] {
  const vectors = fields.filter(({ dataType }) => isDenseVectorType(dataType))
  const [{ name } = { name: '' }] = vectors
  const isNamed = datasets.some((dataset) => dataset.name === name)
  const isTrain = (dataset: string) => dataset === trainName && vectors.length === 1 && !isNamed
  return datasets.map((dataset) => ({
    name: isTrain(dataset.name) ? name : dataset.name,
    type: dataset.type,
  }))
}

/**
 * Rows of the datasets that are read, which are the same in all of them.
 * @throws importFailed
 */
export function rowCountOf({ name: file, datasets }: Hdf5File, { matched }: ColumnMatch): number {
  const [first, ...others] = matched
  const { rowCount } = datasets[first.columnIndex]
  for (const { field, columnIndex } of others) {
    const found = datasets[columnIndex].rowCount
    if (found === rowCount) continue
    throw importError(
      { file, field: field.name },
      `expected ${rowCount} rows, got ${found}: imported rows are not aligned, field '${first.field.name}' with '${rowCount}' rows, field '${field.name}' with '${found}' rows`,
    )
  }
  return rowCount
}
