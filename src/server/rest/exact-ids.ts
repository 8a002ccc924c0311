import { z } from 'zod'
import { elementTexts, textUnder } from '../../formats/text/json-body.js'
import { notJson } from './body-shape.js'

/** An int64, as a number or a text. */
export const exactId = z.union([z.string(), z.number()]).nullish()

/** The id under a key, read off the body's text: JSON.parse would round it. 0: none. @throws restNotJson */
export function idUnder(bodyText: string, key: string): bigint {
  return idFrom(key, givenUnder(bodyText, key) ?? '0')
}

/** @throws restNotJson */
export function idsUnder(bodyText: string, key: string): bigint[] {
  const list = givenUnder(bodyText, key)
  return list === null ? [] : elementTexts(list).map((text) => idFrom(key, text))
}

function givenUnder(bodyText: string, key: string): string | null {
  const given = textUnder(bodyText, key)
  return given === 'null' ? null : given
}

function idFrom(key: string, text: string): bigint {
  const digits = text.replace(/^"(.*)"$/, '$1')
  if (/^\d{1,19}$/.test(digits)) return BigInt(digits)
  throw notJson(`"${key}": expected an id, got ${text}`)
}
