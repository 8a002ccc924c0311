#!/usr/bin/env node
import { Command } from 'commander'
import { logLevels, type ServeOptions, serveDefaults, version } from '../config.js'

const program = new Command('millrace')
  .description('A Milvus-compatible vector database with the best bulk loader of its field')
  .version(version)

program
  .command('serve')
  .description('serve a data directory over gRPC and REST, on one port')
  .option('--host <address>', 'address to listen on', serveDefaults.host)
  .option('--port <number>', 'port to listen on, 0 for a free one', serveDefaults.port)
  .option('--data <directory>', 'where the data lives', serveDefaults.data)
  .option(
    '--import-root <directory>',
    'imports read files below it; may be given more than once',
    collected,
    serveDefaults.importRoot,
  )
  .option('--log-level <level>', logLevels.join(', '), serveDefaults.logLevel)
  .action(async (options: ServeOptions) => {
    // The engine is not loaded for --help and --version.
    const { serve } = await import('./serve.js')
    await serve(options)
  })

await program.parseAsync()

/** The first value given takes the place of the default. */
function collected(root: string, roots: readonly string[]): readonly string[] {
  return roots === serveDefaults.importRoot ? [root] : [...roots, root]
}
