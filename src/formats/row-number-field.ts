import type { Field } from '../schema/field.js'

/** Whether a field that no file may give is one of the rows' numbers: the others are made by the collection. */
export function isRowNumber({ autoId, isFunctionOutput }: Field): boolean {
  return !autoId && !isFunctionOutput
}

export function rowNumberText({ name }: Field): string {
  return `expected no '${name}', which is the number of the row by row_number_as, got one: leave the option out, or '${name}' out of the file`
}
