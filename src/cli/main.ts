#!/usr/bin/env node
import { Command } from 'commander'
import { compatLevels, logLevels, type ServeOptions, serveDefaults, version } from '../config.js'
import { exitCodes } from './exit-code.js'
import { addImportCommand } from './import-command.js'
import { addJobsCommand } from './jobs-command.js'

const program = new Command('millrace')
  .description('A Milvus-compatible vector database with the best bulk loader of its field')
  .version(version)
  .showHelpAfterError('(--help shows the options)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.usage))

program
  .command('serve')
  .description('serve a data directory over gRPC and REST, on one port')
  .option('--host <address>', 'address to listen on', serveDefaults.host)
  .option('--port <number>', 'port to listen on, 0 for a free one', serveDefaults.port)
  .option('--data <directory>', 'where the data lives', serveDefaults.data)
  .option(
    '--import-root <directory>',
    'imports read files below it; may be given more than once',
    collectedFrom(serveDefaults.importRoot),
    serveDefaults.importRoot,
  )
  .option(
    '--s3-endpoint <url>',
    'imports read s3://bucket/key there; keys: MILLRACE_S3_ACCESS_KEY …',
  )
  .option('--s3-region <name>', 'of the buckets; without an endpoint it is AWS that is asked')
  .option(
    '--s3-addressing <style>',
    'path or virtual; the default is path where there is an endpoint',
  )
  .option(
    '--allow-http-host <host>',
    'imports read http:// and https:// from it; may be given more than once',
    collectedFrom(serveDefaults.allowHttpHost),
    serveDefaults.allowHttpHost,
  )
  .option('--upload-root <directory>', 'where uploads lie; the default is beside the data')
  .option('--upload-quota <size>', 'bytes that uploads may take', serveDefaults.uploadQuota)
  .option('--auth', 'callers must be users with a password; the first is root, with Milvus')
  .option('--tls-cert <file>', 'certificate in PEM: gRPC and REST are served over TLS only')
  .option('--tls-key <file>', 'its private key in PEM')
  .option(
    '--compat <version>',
    `rules of imports: ${compatLevels.join(', ')}`,
    serveDefaults.compat,
  )
  .option('--log-level <level>', logLevels.join(', '), serveDefaults.logLevel)
  .action(async (options: ServeOptions) => {
    // The engine is not loaded for --help and --version.
    const { serve } = await import('./serve.js')
    await serve(options)
  })

const defaultAddress = `${serveDefaults.host}:${serveDefaults.port}`
addImportCommand(program, defaultAddress)
addJobsCommand(program, defaultAddress)

await program.parseAsync()

/** The first value given takes the place of the default. */
function collectedFrom(initial: readonly string[]) {
  return (value: string, values: readonly string[]): readonly string[] =>
    values === initial ? [value] : [...values, value]
}
