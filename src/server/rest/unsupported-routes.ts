import { z } from 'zod'
import { MillraceError } from '../../errors.js'
import { type Route, routeOf } from './route.js'

/** Milvus's routes of what millrace does not have: they say so, rather than that there is no such route. */
export const unsupportedRoutes: readonly (readonly [path: string, route: Route])[] = [
  ['/collections/add_function', unsupported('functions')],
  ['/collections/alter_function', unsupported('functions')],
  ['/collections/drop_function', unsupported('functions')],
  ['/collections/add_function_field', unsupported('functions')],
  ['/collections/drop_function_field', unsupported('functions')],
  ['/jobs/snapshot/restore_external', unsupported('restoring exported snapshots')],
  ['/jobs/snapshot/export', unsupported('exporting snapshots')],
  ['/jobs/external_collection/refresh', unsupported('external collections')],
  ['/jobs/external_collection/describe', unsupported('external collections')],
  ['/jobs/external_collection/list', unsupported('external collections')],
  ['/file_resources/add', unsupported('file resources')],
  ['/file_resources/remove', unsupported('file resources')],
  ['/file_resources/list', unsupported('file resources')],
  ['/common/run_analyzer', unsupported('analyzers')],
]

function unsupported(feature: string): Route {
  const message = `not supported by millrace: ${feature}`
  const shape = { name: 'AnyReq', schema: z.looseObject({}), required: {} }
  const route = routeOf(shape, async () => {
    throw new MillraceError('unsupported', message)
  })
  return Object.assign(route, { summary: `Answers "${message}".` })
}
