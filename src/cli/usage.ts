import { MillraceError } from '../errors.js'

/** `import option max_errors: …` in the words of the command line. */
export function flagText(message: string): string {
  return message
    .replace(/^import option (\w+)/, (_match, key: string) => `--${key.replaceAll('_', '-')}`)
    .replace(/: invalid parameter$/, '')
}

/** What was written on the command line cannot be meant. */
export function usage(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}
