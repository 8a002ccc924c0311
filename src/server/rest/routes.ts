import { describeCollection, listCollections } from './collections.js'
import { createImportJob, describeImportJob, listImportJobs } from './import-jobs.js'
import type { Route } from './route.js'

/** What is answered below `/v2/vectordb`. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ['/collections/list', listCollections],
  ['/collections/describe', describeCollection],
  ['/jobs/import/create', createImportJob],
  ['/jobs/import/describe', describeImportJob],
  ['/jobs/import/get_progress', describeImportJob],
  ['/jobs/import/list', listImportJobs],
])
