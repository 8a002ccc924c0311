import { isFinished } from '../bulk/import-state.js'
import type { Engine } from '../engines/engine.js'
import type { UploadRoot } from '../source/upload-root.js'

/** Uploads that nobody imports are kept for so long; and so long after the end of an import. */
const keptMs = 24 * 60 * 60 * 1000
const sweepEveryMs = 60 * 60 * 1000

/** The import that is to read an upload, or is reading it, or null. */
export function importUsing(engine: Engine, path: string): bigint | null {
  const name = `uploads/${path}`
  const job = engine.imports
    .tasks('default', '')
    .find(({ task }) => !isFinished(task.state) && task.request.fileGroups.flat().includes(name))
  return job?.task.taskId ?? null
}

/** Removes uploads that are not needed any more, now and every hour. @returns what ends this */
export function sweepUploads(
  engine: Engine,
  uploads: UploadRoot,
  onSwept: (paths: readonly string[]) => void,
  onError: (error: unknown) => void,
): () => void {
  const sweep = async () => {
    try {
      const beforeMs = Date.now() - keptMs
      const kept = keptUploads(engine, beforeMs)
      const removed = await uploads.sweep(beforeMs, (path) => kept.has(`uploads/${path}`))
      if (removed.length > 0) onSwept(removed)
    } catch (error) {
      onError(error)
    }
  }
  void sweep()
  const timer = setInterval(sweep, sweepEveryMs).unref()
  return () => clearInterval(timer)
}

/** Files of imports that have not ended, or not long ago. */
function keptUploads(engine: Engine, beforeMs: number): Set<string> {
  const jobs = engine.imports
    .tasks('default', '')
    .filter(({ task }) => (task.completedMs ?? Number.POSITIVE_INFINITY) >= beforeMs)
  return new Set(jobs.flatMap(({ task }) => task.request.fileGroups.flat()))
}
