import type { ImportPlan } from './import-task.js'
import { type PlanRequest, planImport } from './plan-import.js'

/** Worker module: see `planImport`. */
export function run(request: PlanRequest): Promise<ImportPlan> {
  return planImport(request)
}
