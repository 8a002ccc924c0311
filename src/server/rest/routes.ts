import type { Engine } from '../../engines/engine.js'
import { describeCollection, listCollections } from './collections.js'
import {
  abortImportJob,
  cancelImportJob,
  commitImportJob,
  createImportJob,
  deleteImportJob,
  describeImportJob,
  importRejects,
  listImportJobs,
} from './import-jobs.js'
import type { Route } from './route.js'

/** What is answered to a POST below `/v2/vectordb`. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ['/collections/list', listCollections],
  ['/collections/describe', describeCollection],
  ['/jobs/import/create', createImportJob],
  ['/jobs/import/describe', describeImportJob],
  ['/jobs/import/get_progress', describeImportJob],
  ['/jobs/import/list', listImportJobs],
  ['/jobs/import/commit', commitImportJob],
  ['/jobs/import/abort', abortImportJob],
  ['/jobs/import/cancel', cancelImportJob],
  ['/jobs/import/delete', deleteImportJob],
])

/** What is given to a GET below `/v2/vectordb`, as JSON lines. */
export const downloads: ReadonlyMap<
  string,
  (engine: Engine, query: URLSearchParams) => AsyncIterable<Uint8Array>
> = new Map([['/jobs/import/rejects', importRejects]])
