import { MillraceError } from '../../errors.js'

/** As Milvus says that an index cannot be had with its parameters. */
export function invalidParams(text: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `${text}: invalid parameter[expected=valid index params][actual=invalid index params]`,
  )
}
