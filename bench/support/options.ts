import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

/**
 * The options of a program, all of which are texts with a default; `--quick` takes other defaults, by
 * which the program shows within a minute that it works.
 */
export function optionsFrom<Name extends string>(
  defaults: Readonly<Record<Name, string>>,
  quick: Readonly<Partial<Record<Name, string>>>,
): Record<Name | 'directory', string> {
  const names = ['directory', ...Object.keys(defaults)]
  const text = { type: 'string' } as const
  const options = Object.fromEntries(names.map((name) => [name, text]))
  const { values } = parseArgs({ options: { ...options, quick: { type: 'boolean' } } })
  const given = values as Record<string, string | boolean | undefined>
  const base = { directory: tmpdir(), ...defaults, ...(given.quick ? quick : {}) }
  const entries = Object.entries(base).map(([name, value]) => [name, given[name] ?? value])
  return Object.fromEntries(entries)
}
