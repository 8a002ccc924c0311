/** What a file behind a server has become, for an error. */
export function changedText(expected: string, got: string): string {
  return `expected the version ${expected || 'that was planned'}, got ${got || 'another one'}`
}
