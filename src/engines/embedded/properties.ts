import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { KeyValues, PropertyChange } from '../catalog.js'

/** The properties after a change, in the order in which they first came. @throws parameterInvalid */
export function changedProperties(before: KeyValues, { set, remove }: PropertyChange): KeyValues {
  if (set.length > 0 && remove.length > 0) {
    throw invalidParameter('cannot provide both DeleteKeys and Properties')
  }
  const properties = new Map(before)
  for (const [key, value] of set) properties.set(key, value)
  for (const key of remove) properties.delete(key)
  return [...properties]
}

/** @param fault what Milvus says of a change without any property. @throws parameterInvalid */
export function checkChanges({ set, remove }: PropertyChange, fault: string): void {
  if (set.length + remove.length === 0) throw invalidParameter(fault)
}

export function propertyNamed(properties: KeyValues, name: string): string | undefined {
  return properties.find(([key]) => key === name)?.[1]
}
