import { outcomeInfos } from './import-progress.js'
import { ImportState } from './import-state.js'
import type { ImportTask } from './import-task.js'

/**
 * The `infos` of GetImportState, in Milvus 2.3's order, which scripts print and compare. `warnings` and
 * the failed_* keys after the first are ours.
 * @param progress whole per cent
 */
export function importInfos(task: ImportTask, progress: number): [key: string, value: string][] {
  const { request, plan } = task
  const infos: [string, string][] = [
    ['files', request.fileGroups.flat().join(',')],
    ['collection', request.collectionName],
    ['partition', request.partitionName],
    ['failed_reason', task.reason],
    ...request.options.map(([key, value]): [string, string] => [key, value]),
    ['progress_percent', String(progress)],
  ]
  if (task.reason === '' && task.persistedMs !== null) {
    const seconds = (task.persistedMs - (task.startedMs ?? task.createdMs)) / 1000
    infos.push(['persist_cost', seconds.toFixed(2)])
  }
  if (isFailed(task)) infos.push(...failedPlace(task))
  infos.push(...outcomeInfos(task))
  if (plan && plan.warnings.length > 0) infos.push(['warnings', plan.warnings.join('; ')])
  return infos
}

function isFailed(task: ImportTask): boolean {
  return task.state === ImportState.Failed || task.state === ImportState.FailedAndCleaned
}

function failedPlace({ failedAt }: ImportTask): [string, string][] {
  const infos: [string, string][] = []
  if (failedAt.file !== undefined) infos.push(['failed_file', failedAt.file])
  if (failedAt.row !== undefined) infos.push(['failed_row', String(failedAt.row)])
  if (failedAt.field !== undefined) infos.push(['failed_field', failedAt.field])
  return infos
}
