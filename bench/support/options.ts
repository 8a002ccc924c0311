import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

/**
 * The options of a program: texts with a default, and flags. `--quick` takes other defaults, by which the
 * program shows within a minute or two that it works.
 */
export function optionsFrom<Name extends string, Flag extends string = never>(
  defaults: Readonly<Record<Name, string>>,
  quick: Readonly<Partial<Record<Name, string>>>,
  flags: readonly Flag[] = [],
): Record<Name | 'directory', string> & Record<Flag, boolean> {
  const texts = ['directory', ...Object.keys(defaults)].map((name) => [name, { type: 'string' }])
  const booleans = ['quick', ...flags].map((name) => [name, { type: 'boolean', default: false }])
  const { values } = parseArgs({ options: Object.fromEntries([...texts, ...booleans]) })
  const given: Readonly<Record<string, unknown>> = { ...values }
  const base = { directory: tmpdir(), ...defaults, ...(given.quick ? quick : {}) }
  return { ...base, ...given } as Record<Name | 'directory', string> & Record<Flag, boolean>
}
