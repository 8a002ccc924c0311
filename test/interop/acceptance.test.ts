/** The acceptance cases whose files come from Python; test/acceptance/README.md lists all of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askWith, pythons } from './python.js'
import { ServedMillrace } from './served-millrace.js'

const python = pythons['pymilvus 3.0.2'] ?? ''

const programs: Readonly<Record<string, readonly string[]>> = {
  'acceptance_files.py': [
    'case 9 test_bulk_insert_all_field_with_numpy',
    'case 10 test_bulk_insert_all_field_with_parquet',
    'case 17 test_bulk_insert_sparse_vector_with_parquet',
    'case 18 test_bulk_insert_sparse_vector_with_json: searched',
    'case 19 test_with_all_field_json_with_bulk_writer',
    'case 20 test_with_all_field_numpy_with_bulk_writer',
    'case 21 test_with_all_field_parquet_with_bulk_writer',
    'case 22 test_with_all_field_csv_with_bulk_writer',
    'case 22 test_with_all_field_csv_with_bulk_writer: after add_field',
    'case 26 test_bulk_insert_parquet_nullable_float_vector_null_and_omit',
    'case 27 test_bulk_writer_nullable_float_vector',
    'case 28 test_bulk_insert_json_nullable_vector_all_types: searched',
    'case 29 test_bulk_insert_non_nullable_float_vector_with_null_failed: parquet',
  ],
  'acceptance_jobs.py': [
    'case 69 multi parquet files',
    'case 71 multi file types: JSON, Parquet and numpy',
    'case 92 parquet extra fields without a dynamic field',
    'case 93 numpy nullable fields without files: numpy of Python',
    'case 95 parquet array<float> with NaN',
    'case 99 required field missing parquet',
    'case 102 vector dim mismatch parquet',
    'case 103 parquet nullable and default fields',
    'case 106 extra fields with a dynamic field: parquet',
  ],
}

for (const [program, titles] of Object.entries(programs)) {
  describe.skipIf(python === '')(`${program} (needs python3 with venv)`, () => {
    let server: ServedMillrace
    let results: Record<string, unknown>

    beforeAll(async () => {
      server = await ServedMillrace.start()
      results = await askWith(python, program, server)
    })
    afterAll(() => server?.stop())

    it.each(titles)('%s', (title) => {
      expect(results[title]).toBe('passed')
    })

    it('has no other cases', () => {
      expect(Object.keys(results).sort()).toEqual([...titles].sort())
    })
  })
}
