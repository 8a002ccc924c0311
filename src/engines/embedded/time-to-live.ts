import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { KeyValues } from '../catalog.js'
import { propertyNamed } from './properties.js'

const propertyName = 'collection.ttl.seconds'
/** Milvus: a hundred years. */
const secondsMax = 3_155_760_000

/** How long rows of a collection are seen; null: for ever. @throws parameterInvalid */
export function timeToLiveMs(properties: KeyValues): number | null {
  const text = propertyNamed(properties, propertyName)
  if (text === undefined) return null
  const seconds = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= -1 && seconds <= secondsMax) return seconds > 0 ? seconds * 1000 : null
  throw invalidParameter(
    `collection TTL is out of range, expect [-1, ${secondsMax}], got ${text} for ${propertyName}`,
  )
}
