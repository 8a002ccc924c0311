import type { Command } from 'commander'
import { type ImportWords, importOptionsFrom } from './import-options.js'
import { addServerOptions } from './server-place.js'

/** `millrace import`. */
export function addImportCommand(program: Command, defaultAddress: string): void {
  const command = addServerOptions(program.command('import'), defaultAddress)
    .description('import files into a collection, of a server or of a data directory')
    .argument('<files...>', 'files, directories, patterns, s3:// and http:// names')
    .requiredOption('-c, --collection <name>', 'the collection')
    .option('--create', 'make the collection: its schema is inferred from the files')
    .option('--pk <field>', 'with --create: the primary key, else a column named id or pk')
    .option('--auto-id', 'with --create: the collection makes its keys itself')
    .option('--metric <metric>', 'with --create: L2, IP, COSINE, HAMMING or JACCARD')
    .option('--partition <name>', 'the partition')
    .option('--data <directory>', 'a data directory that no server has open, in place of a server')
    .option('--mode <mode>', 'insert, upsert, skip_existing or delete')
    .option('--on-error <way>', 'fail at the first bad row, or skip bad rows')
    .option('--max-errors <count>', 'with --on-error skip: more bad rows than this fail the import')
    .option('--rejects <file>', 'where bad rows are written; default: <collection>-rejects.jsonl')
    .option('--dry-run', 'read and check everything, write nothing')
    .option('--sep <character>', 'CSV: what stands between values; \\t is a tab')
    .option('--nullkey <text>', 'CSV: the text that means null')
    .option('--timeout <duration>', 'give up after it: 300s, 1.5h')
    .option('--row-number-as <field>', 'a field that no file has: the number of the row, from 0')
    .option('--s3-endpoint <url>', 'as of serve: where this command itself reads s3://')
    .option('--s3-region <name>', 'of the buckets')
    .option('--s3-addressing <style>', 'path or virtual')
    .option('--detach', 'end when the import runs; millrace jobs watch follows it')
    .option('--yes', 'with --create: do not ask')
    .option('--json', 'an object a line, for programs')
    .addHelpText('after', exitCodesText)
  command.action(async (files: string[], words: ImportWords) => {
    const isAddressGiven = command.getOptionValueSource('address') === 'cli'
    const { withExitCode } = await import('./with-exit-code.js')
    await withExitCode(async () => {
      const options = importOptionsFrom(words, isAddressGiven)
      const { importFiles } = await import('./import-files.js')
      return importFiles(files, options)
    })
  })
}

const exitCodesText = `
Exit codes: 0 done, 1 failed or cancelled, 2 wrong usage, 3 done without some bad rows, 130 left running.`
