import type { Command } from 'commander'
import type { JobsWords } from './jobs.js'
import { addServerOptions } from './server-place.js'

/** `millrace jobs`: looks at the imports of a server, and ends them. */
export function addJobsCommand(program: Command, defaultAddress: string): void {
  const jobs = program.command('jobs').description('look at the imports of a server, and end them')

  const withOptions = (command: Command): Command =>
    addServerOptions(command, defaultAddress).option('--json', 'an object a line, for programs')

  withOptions(jobs.command('list'))
    .description('list the jobs, the newest last')
    .option('-c, --collection <name>', 'of one collection')
    .action((words: JobsWords) => run((commands) => commands.listJobs(words)))

  withOptions(jobs.command('show <id>'))
    .description('show how far a job is, and why it failed')
    .action((id: string, words: JobsWords) => run((commands) => commands.showJob(id, words)))

  withOptions(jobs.command('watch <id>'))
    .description('follow a job to its end')
    .action((id: string, words: JobsWords) => run((commands) => commands.watchJob(id, words)))

  withOptions(jobs.command('cancel <id>'))
    .description('end a job that is not committed yet')
    .action((id: string, words: JobsWords) => run((commands) => commands.cancelJob(id, words)))

  withOptions(jobs.command('rejects <id>'))
    .description('print the rows that a job left out, as JSON lines')
    .action((id: string, words: JobsWords) => run((commands) => commands.printRejects(id, words)))
}

async function run(work: (commands: typeof import('./jobs.js')) => Promise<number>): Promise<void> {
  const { withExitCode } = await import('./with-exit-code.js')
  await withExitCode(async () => work(await import('./jobs.js')))
}
