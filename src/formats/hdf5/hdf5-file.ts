import { Dataset, File, type Group, ready } from 'h5wasm'
import { MillraceError } from '../../errors.js'
import type { ByteSource } from '../../source/byte-source.js'
import { decodingReason, importError } from '../import-error.js'
import { type Hdf5Dataset, hdf5DatasetOf } from './hdf5-dataset.js'
import { mountSource, unmountSource } from './hdf5-mount.js'

export interface Hdf5File {
  readonly name: string
  readonly datasets: readonly Hdf5Dataset[]
  close(): void
}

const datasetsMax = 10_000

/** Runs `work` over a file, which is closed whatever comes of it. */
export async function withHdf5File<Result>(
  source: ByteSource,
  work: (file: Hdf5File) => Result,
): Promise<Result> {
  const file = await openHdf5File(source)
  try {
    return work(file)
  } finally {
    file.close()
  }
}

/**
 * Opens a file, of which the library reads no more than it is asked for. Links to other files lead
 * nowhere: it has a file system of its own.
 * @throws importFailed
 */
export async function openHdf5File(source: ByteSource): Promise<Hdf5File> {
  const library = await ready
  library.activate_throwing_error_handler()
  const path = await mountSource(source)
  try {
    const file = new File(path, 'r')
    const close = () => {
      file.close()
      unmountSource(path)
    }
    return { name: source.name, datasets: datasetsIn(file), close }
  } catch (error) {
    unmountSource(path)
    throw hdf5Error(error, { file: source.name })
  }
}

/** What the library says, which is a stack of lines of which the last is the reason. */
export function hdf5Error(
  thrown: unknown,
  place: { readonly file: string; readonly field?: string },
): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const text = decodingReason(thrown)
  const reason = text.match(/(?<=\(\): ).*/g)?.at(-1) ?? text
  return importError(place, `expected an HDF5 file, got one that cannot be read: ${reason}`, thrown)
}

function datasetsIn(group: Group): Hdf5Dataset[] {
  const names = group.keys()
  if (names.length > datasetsMax) throw new Error(`more than ${datasetsMax} datasets`)
  return names.flatMap((name) => {
    const entity = group.get(name)
    return entity instanceof Dataset ? [hdf5DatasetOf(entity)] : []
  })
}
