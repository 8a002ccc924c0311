import { invalidParameter } from './invalid-parameter.js'
import { nameBytesMax } from './limits.js'

/**
 * Checks the name of a collection, partition, field, … by Milvus's rules.
 * @param noun what is named, as the error says it
 * @throws parameterInvalid
 */
export function validateName(noun: string, name: string): void {
  if (name === '') throw invalidParameter(`${noun} name should not be empty`)
  const fault = faultIn(noun, name)
  if (fault) throw invalidParameter(`Invalid ${noun} name: ${name}. ${fault}`)
}

function faultIn(noun: string, name: string): string | null {
  if (Buffer.byteLength(name) > nameBytesMax) {
    return `the length of a ${noun} name must be less than ${nameBytesMax} characters`
  }
  if (!/^[A-Za-z_]/.test(name)) {
    return `the first character of a ${noun} name must be an underscore or letter`
  }
  if (!/^\w+$/.test(name)) return `${noun} name can only contain numbers, letters and underscores`
  return null
}
