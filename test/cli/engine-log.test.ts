import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { engineLog } from '../../dist/cli/engine-log.js'

it('has what the engine says, with its detail', () => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = engineLog(pino(stream))
  log.info('import completed', { taskId: '7', warnings: ['a key was ignored'] })
  log.info('plain')
  log.error('not sealed', { collection: 'c', error: new Error('no space left') })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'import completed', taskId: '7', warnings: ['a key was ignored'] },
    { msg: 'plain' },
    { msg: 'not sealed', collection: 'c', err: { message: 'no space left' } },
  ])
})
