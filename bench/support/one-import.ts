// Run by bench/bulk-insert.ts in a process of its own, which may lie in another network namespace.
// usage: one-import.js PORT DIM RUNS FILE...  prints the seconds of each run as JSON: call → Completed.
import { connections, DataType, MilvusClient, utility } from 'millrace/client'

const [port, dim, runs, ...files] = process.argv.slice(2)
const collectionName = 'bench_bulk_insert'

await connections.connect({ port: Number(port) })
const client = new MilvusClient()
const seconds: number[] = []
for (let run = 0; run < Number(runs); run++) {
  await client.dropCollection(collectionName)
  await client.createCollection({
    collectionName,
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim: Number(dim) },
    ],
  })
  const began = performance.now()
  const taskId = await utility.doBulkInsert({ collectionName, files })
  await utility.waitForBulkInsert(taskId, { intervalMs: 2 })
  seconds.push((performance.now() - began) / 1000)
}
await client.dropCollection(collectionName)
await connections.disconnect('default')
console.log(JSON.stringify(seconds))
