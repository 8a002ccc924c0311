// Run by bench/formats.ts in a process of its own, so that what is compiled for one file does not help another.
// usage: read-file.js FILE DIM RUNS  prints the CPU seconds of each run as JSON. DIM 0: rows of scalars.
import {
  DataType,
  defaultReadOptions,
  type Field,
  formatOf,
  openLocalSource,
} from 'millrace/formats'

const [path, dim, runs] = process.argv.slice(2)
const fields = Number(dim) > 0 ? vectorFields(Number(dim)) : scalarFields()
const seconds: number[] = []
for (let run = 0; run < Number(runs); run++) {
  const began = process.cpuUsage()
  await readAll()
  const { user, system } = process.cpuUsage(began)
  seconds.push((user + system) / 1e6)
}
console.log(JSON.stringify(seconds))

async function readAll(): Promise<void> {
  const source = openLocalSource({ kind: 'local', name: path, path })
  const format = formatOf(path)!
  const options = defaultReadOptions
  const [part] = await format.cut([source], fields, options, 1)
  const request = { sources: [source], fields, reserved: [], options, part, from: null }
  const reader = await format.open({ ...request, onReject: null })
  while (await reader.next());
  reader.close()
  await source.close()
}

function vectorFields(dim: number): Field[] {
  return [field(100, 'id', DataType.Int64), field(101, 'vector', DataType.FloatVector, dim)]
}

function scalarFields(): Field[] {
  return [
    field(100, 'id', DataType.Int64),
    field(101, 'flag', DataType.Bool),
    field(102, 'count', DataType.Int32),
    field(103, 'price', DataType.Double),
    field(104, 'title', DataType.VarChar),
    field(105, 'meta', DataType.JSON),
  ]
}

function field(fieldId: number, name: string, dataType: DataType, dim = 0): Field {
  return {
    fieldId,
    name,
    description: '',
    dataType,
    elementType: DataType.None,
    isPrimaryKey: name === 'id',
    autoId: false,
    isPartitionKey: false,
    isClusteringKey: false,
    isDynamic: false,
    isFunctionOutput: false,
    nullable: false,
    defaultValue: null,
    dim,
    maxLength: 1000,
    maxCapacity: 0,
    typeParams: {},
  }
}
