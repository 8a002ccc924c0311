import { invalidParameter } from '../../../schema/invalid-parameter.js'
import type { Grant } from '../../../schema/permission.js'
import {
  anyName,
  builtInGroups,
  type ObjectType,
  objectTypeOf,
  objectTypes,
  privilegeLevel,
} from '../../../schema/privileges.js'
import type { AccessRecords } from '../../../storage/access-records.js'
import type { GrantStyle } from '../../access.js'

/** A grant as it is kept. @throws parameterInvalid for what is none */
export function checkedGrant(records: AccessRecords, grant: Grant, style: GrantStyle): Grant {
  const { grantor, privilege } = grant
  if (!records.find('users', grantor)) {
    throw invalidParameter(
      "not found the user, maybe the user isn't existed or internal system error",
    )
  }
  if (privilege === '') throw invalidParameter('the privilege name is empty')
  return style === 'object' ? grantOnObject(records, grant) : grantOnLevel(records, grant)
}

/** Where and what, whoever gave it. */
export function isSameGrant(left: Grant, right: Grant): boolean {
  return (
    left.dbName === right.dbName &&
    left.objectType === right.objectType &&
    left.objectName === right.objectName &&
    left.privilege === right.privilege
  )
}

function grantOnObject(records: AccessRecords, grant: Grant): Grant {
  const { objectType, objectName, privilege } = grant
  if (!objectTypes.includes(objectType as ObjectType)) {
    throw invalidParameter(
      `not found the object type[name: ${objectType}], supported the object types: [${objectTypes.join(' ')}]`,
    )
  }
  if (objectName === '') throw invalidParameter('the object name is empty')
  if (privilege === anyName || isGroup(records, privilege)) return grant
  if (privilegeLevel(privilege) === undefined || objectTypeOf(privilege) !== objectType) {
    throw invalidParameter(`not found the privilege name[${privilege}] in object[${objectType}]`)
  }
  return grant
}

/** Milvus: what is of no single collection is granted for all of them. */
function grantOnLevel(records: AccessRecords, grant: Grant): Grant {
  const { privilege } = grant
  const isOfGroup = isGroup(records, privilege)
  const level = privilegeLevel(privilege)
  if (level === undefined && !isOfGroup) {
    throw invalidParameter(`not found the privilege name[${privilege}]`)
  }
  checkPlace(grant, level ?? 'collection')
  const objectType = isOfGroup ? 'Global' : objectTypeOf(privilege)
  const isOfAll = objectType !== 'Collection' && !isOfGroup
  return { ...grant, objectType, objectName: isOfAll ? anyName : grant.objectName || anyName }
}

/** @throws parameterInvalid for a privilege of more than what it is granted for */
function checkPlace({ dbName, objectName, privilege }: Grant, level: string): void {
  const isOfAll = objectName === anyName || objectName === ''
  if (level === 'cluster' && !(dbName === anyName && isOfAll)) {
    throw invalidParameter(
      `dbName and collectionName should be * for the cluster level privilege: ${privilege}`,
    )
  }
  if (level === 'database' && !isOfAll) {
    throw invalidParameter(
      `collectionName should be * for the database level privilege: ${privilege}`,
    )
  }
  if (level === 'collection' && dbName === anyName && !isOfAll) {
    throw invalidParameter(
      `please specify database name for the collection level privilege: ${privilege}`,
    )
  }
}

function isGroup(records: AccessRecords, privilege: string): boolean {
  return builtInGroups.has(privilege) || records.find('privilegeGroups', privilege) !== undefined
}
