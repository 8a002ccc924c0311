import { MillraceError } from '../../errors.js'

/** What is asked for and not there is refused by name: never passed over. */
export function refuse(features: Readonly<Record<string, boolean>>): void {
  for (const feature in features) {
    if (!features[feature]) continue
    throw new MillraceError('unsupported', `not supported by millrace: ${feature}`)
  }
}
