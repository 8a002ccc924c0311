import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ColumnBatch } from '../../dist/column/column.js'
import { arrowFormat } from '../../dist/formats/arrow/arrow.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { SegmentWriter } from '../../dist/segment/segment-writer.js'
import { type Row, rowsOf, rowsOfSource } from './file-rows.js'
import { fieldsOfFixture, fixtureFields } from './fixture-fields.js'
import { memorySource } from './memory-source.js'

const pathOf = (name: string) => join(import.meta.dirname, 'fixtures', name)
const folder = mkdtempSync(join(tmpdir(), 'millrace-arrow-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the parts of an Arrow file', () => {
  const fields = fixtureFields.all

  it('begin at any eighth row, also within a record batch', async () => {
    const source = memorySource('a.arrow', readFileSync(pathOf('all.file.arrow')))
    const parts = await arrowFormat.cut([source], fields, defaultReadOptions, 3)
    expect(parts.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 8],
      [8, 16],
      [16, 24],
    ])
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(source.byteLength)
    expect(await rowsOfSource(source, fields, { parts: 3 })).toEqual(
      await rowsOfSource(source, fields),
    )
  })

  it('are read on from a checkpoint, also at an odd row', async () => {
    const whole: Row[] = await rowsOf(pathOf('all.stream.arrow'), fields)
    const from = { position: 11, row: 11 }
    expect(await rowsOf(pathOf('all.stream.arrow'), fields, { from })).toEqual(whole.slice(11))
  })
})

describe('an Arrow file', () => {
  it('may be a segment of ours', async () => {
    const fields = fixtureFields.all
    const path = join(folder, 'segment.arrow')
    const whole: Row[] = await rowsOf(pathOf('all.file.arrow'), fields, {
      onBatch: (batch) => batches.push(batch),
    })
    const writer = new SegmentWriter(path, fields, whole.length)
    for (const batch of batches) writer.append(batch)
    writer.finish()
    expect(await rowsOf(path, fields)).toEqual(whole)
  })

  it('may have buffers of several LZ4 blocks', async () => {
    const rows = await rowsOf(pathOf('linked-blocks.arrow'), [fixtureFields.all[0]])
    expect(rows.length).toBe(50_000)
    expect(rows.every(({ id }, row) => id === String(row % 16))).toBe(true)
  })

  it('is refused when it is Feather of version 1', async () => {
    const source = memorySource('a.feather', Buffer.from('FEA1 and what follows'))
    await expect(rowsOfSource(source, fieldsOfFixture('all.feather-v2.feather'))).rejects.toThrow(
      'version 1 of Feather is not supported',
    )
  })

  it('is refused when it has no more than its magic word', async () => {
    const source = memorySource('a.arrow', Buffer.from('ARROW1'))
    await expect(rowsOfSource(source, [])).rejects.toThrow('a.arrow: expected an Arrow file')
  })
})

const batches: ColumnBatch[] = []
