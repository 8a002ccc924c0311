import { expect, it } from 'vitest'
import { legacyRoutes } from '../../dist/server/rest/legacy/legacy-routes.js'
import { routes } from '../../dist/server/rest/routes.js'
import { unsupportedRoutes } from '../../dist/server/rest/unsupported-routes.js'

/** What the newest Milvus registers below `/v2/vectordb`. */
const ofMilvus = {
  collections:
    'list has describe create drop load release get_stats get_load_state rename truncate refresh_load flush compact get_compaction_state alter_properties drop_properties add_function alter_function drop_function add_function_field drop_function_field',
  'collections/fields': 'add alter_properties drop',
  'collections/struct_fields': 'add',
  entities: 'insert upsert delete get query search hybrid_search advanced_search',
  partitions: 'list has get_stats create drop load release',
  indexes: 'list describe create drop alter_properties drop_properties',
  aliases: 'list describe create drop alter',
  databases: 'list describe create drop alter alter_properties drop_properties',
  users: 'list describe create update_password drop grant_role revoke_role',
  roles:
    'list describe create alter drop grant_privilege revoke_privilege grant_privilege_v2 revoke_privilege_v2',
  privilege_groups: 'create drop list add_privileges_to_group remove_privileges_from_group',
  resource_groups: 'create drop alter describe list transfer_replica',
  'jobs/import': 'create list get_progress describe commit abort',
  'jobs/snapshot': 'restore_external export describe list',
  'jobs/external_collection': 'refresh describe list',
  file_resources: 'add remove list',
  segments: 'describe',
  quotacenter: 'describe',
  common: 'run_analyzer',
}

const ownPaths = ['/jobs/import/cancel', '/jobs/import/delete']

const notSupported = [
  '/collections/add_function',
  '/collections/add_function_field',
  '/collections/alter_function',
  '/collections/drop_function',
  '/collections/drop_function_field',
  '/common/run_analyzer',
  '/file_resources/add',
  '/file_resources/list',
  '/file_resources/remove',
  '/jobs/external_collection/describe',
  '/jobs/external_collection/list',
  '/jobs/external_collection/refresh',
  '/jobs/snapshot/export',
  '/jobs/snapshot/restore_external',
]

it('has every route of Milvus, and two of its own', () => {
  const expected = Object.entries(ofMilvus).flatMap(([category, actions]) =>
    actions.split(' ').map((action) => `/${category}/${action}`),
  )
  expect([...routes.keys()].toSorted()).toEqual([...expected, ...ownPaths].toSorted())
})

it('says of few of them that they are not supported', () => {
  expect(unsupportedRoutes.map(([path]) => path).toSorted()).toEqual(notSupported)
})

it('has every route of v1', () => {
  const paths = [...legacyRoutes].map(([path, { method }]) => `${method} ${path}`)
  expect(paths.toSorted()).toEqual([
    'GET /collections',
    'GET /collections/describe',
    'POST /collections/create',
    'POST /collections/drop',
    'POST /delete',
    'POST /get',
    'POST /insert',
    'POST /query',
    'POST /search',
    'POST /upsert',
  ])
})
