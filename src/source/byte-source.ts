/**
 * Where a file's bytes come from. A local file answers at once, a remote one later: a reader awaits in
 * either case, which costs nothing beside a read of some MiB.
 */
export interface ByteSource {
  /** As the user wrote it: what errors name. */
  readonly name: string
  readonly byteLength: number
  /** Changes when the file does: length, and modification time or ETag. */
  readonly fingerprint: string
  /**
   * Fills `target` from `position` on and returns how many bytes there were: fewer than asked for only at
   * the file's end.
   * @throws ioFailed
   */
  read(position: number, target: Uint8Array): number | Promise<number>
  close(): void | Promise<void>
}

/** What a worker needs to open a source again: plain data. */
export interface SourceAddress {
  readonly kind: 'local'
  readonly name: string
  /** The real path, already found to be inside an import root. */
  readonly path: string
}
