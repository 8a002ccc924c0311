import { expect, it } from 'vitest'
import { parseImportOptions } from '../../dist/bulk/import-options.js'

const parse = (options: Record<string, string>) => parseImportOptions(Object.entries(options))

it('takes an import without options as Milvus does', () => {
  expect(parse({})).toEqual({
    timeoutMs: null,
    read: { sep: ',', nullKey: '', refusesExtraColumns: false },
    mode: 'insert',
    skipsErrors: false,
    errorsMax: 1000,
    isDryRun: false,
    dedupe: 'none',
    autoCommit: true,
    rowNumberAs: null,
  })
})

it('passes over options that it does not know', () => {
  expect(parse({ bucket: 'b', whatever: 'x' })).toEqual(parse({}))
})

it.each([
  ['300s', 300_000],
  ['1.5h', 5_400_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['.5s', 500],
])('reads the timeout %s as %i ms', (timeout, timeoutMs) => {
  expect(parse({ timeout }).timeoutMs).toBe(timeoutMs)
})

it.each([
  ['timeout', '300', /import option timeout: expected a duration .*, got "300"/],
  ['timeout', '-1s', /expected a duration/],
  ['timeout', '1.2.3s', /expected a duration/],
  ['timeout', '0', /expected a duration above zero/],
  ['sep', ';;', /import option sep: expected one character .*, got ";;"/],
  ['sep', '"', /expected one character/],
  ['mode', 'replace', /expected one of insert, upsert, skip_existing, delete, got "replace"/],
  ['on_error', 'ignore', /expected one of fail, skip, got "ignore"/],
  ['max_errors', '-1', /expected a whole number, 0 or more, got "-1"/],
  ['dry_run', 'yes', /expected one of true, false, got "yes"/],
  ['dedupe', 'all', /expected one of none, first, last, got "all"/],
  ['auto_commit', '', /expected one of true, false, got ""/],
])('refuses %s=%s', (key, value, message) => {
  expect(() => parse({ [key]: value })).toThrow(message)
  expect(() => parse({ [key]: value })).toThrow(expect.objectContaining({ code: 1100 }))
})

it('takes a boolean as Python prints it', () => {
  expect(parse({ dry_run: 'True', auto_commit: 'False' })).toMatchObject({
    isDryRun: true,
    autoCommit: false,
  })
})

it('lets the last row of a key win in upsert mode', () => {
  expect(parse({ mode: 'upsert' }).dedupe).toBe('last')
  expect(parse({ mode: 'skip_existing' }).dedupe).toBe('first')
  expect(() => parse({ mode: 'upsert', dedupe: 'first' })).toThrow(/expected last with mode=upsert/)
})
