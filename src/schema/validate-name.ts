import { invalidParameter } from './invalid-parameter.js'
import { nameBytesMax } from './limits.js'

/**
 * Checks the name of a collection, partition, field, … by Milvus's rules.
 * @param noun what is named, as the error says it
 * @throws parameterInvalid
 */
export function validateName(noun: string, name: string): void {
  validateNamed(`${noun} name`, name)
}

/** As a collection's name. @throws parameterInvalid */
export function validateAlias(alias: string): void {
  validateNamed('collection alias', alias)
}

function validateNamed(noun: string, name: string): void {
  if (name === '') throw invalidParameter(`${noun} should not be empty`)
  const fault = nameFault(noun, name)
  if (!fault) return
  // Milvus: a field's name is the only one of which it is a sentence.
  const told = noun === 'field name' ? `${fault[0].toUpperCase()}${fault.slice(1)}` : fault
  throw invalidParameter(`Invalid ${noun}: ${name}. ${told}`)
}

/** @param noun what is named, with the word name */
export function nameFault(noun: string, name: string): string | null {
  if (Buffer.byteLength(name) > nameBytesMax) {
    return `the length of a ${noun} must be less than ${nameBytesMax} characters`
  }
  if (!/^[A-Za-z_]/.test(name)) {
    return `the first character of a ${noun} must be an underscore or letter`
  }
  if (!/^\w+$/.test(name)) return `${noun} can only contain numbers, letters and underscores`
  return null
}
