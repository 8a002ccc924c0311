import type { ImportJob } from '../client/import-job.js'

/** What to do about the failures that users meet most; the first that fits. */
const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/collection not found/, '--create makes the collection from the files'],
  [/partition not found/, 'make the partition first, or leave --partition out'],
  [
    /outside of the import root/,
    'start the server with --import-root and a directory above the file',
  ],
  [/takes no uploads/, 'put the files where the server reads imports: inside its --import-root'],
  [
    /no server answers/,
    'start one with "millrace serve", name another with --address, or import into a directory with --data',
  ],
  [
    /hasn't authenticated|auth check failure|missing authorization/,
    'say who asks with --user and --password, or set MILLRACE_TOKEN to user:password',
  ],
  [/permission deny/, 'a role of the user needs the privilege: root, or an admin, can grant it'],
  [
    /answer of Milvus's REST/,
    'another program listens there, or a Milvus without REST v2: name the server with --address',
  ],
  [/database not found/, 'name a database that is there with --db, or leave --db out'],
  [
    /in use by|owned by|another (server|process)/,
    'a server has the directory open: import through it with --address',
  ],
  [
    /auto-generated, no need to provide/,
    'the collection makes its keys itself: leave that column out of the files',
  ],
  [
    /dimension should be|expected dim|items a row|length of vector is not aligned/,
    'the vectors of the files are of another length than the field: another model made them, or they belong in another collection (--create makes one)',
  ],
  [
    /no file corresponding|no file for field|there is no field in|is missed|expected a column/,
    'the field has neither a default nor nulls: add the column to the files, under the name of the field; a key may be the number of the row with --row-number-as',
  ],
  [
    /number of fields in the row is not equal/,
    'if the values are not separated by commas, say so with --sep',
  ],
  [
    /max_length/,
    '--on-error skip imports the rest and writes such rows to a file; or make a collection with a larger max_length',
  ],
  [/import timeout/, 'give it more time with --timeout, or leave the option out'],
  [
    /no access to S3/,
    'the server reads S3 where it was started with --s3-endpoint or --s3-region and keys',
  ],
  [
    /no such file or directory/,
    'a path that is not on this machine is looked for on the server, below its import roots',
  ],
]

/** null where there is nothing to say that the message does not. */
export function failureHint(reason: string, job: ImportJob | null = null): string | null {
  const known = hints.find(([pattern]) => pattern.test(reason))
  if (known) return known[1]
  if (job === null || job.failedRow === null || job.rejectedRows !== null) return null
  return '--dry-run finds all such rows; --on-error skip imports the others and writes these to a file'
}
