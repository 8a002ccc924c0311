import type { S3Access } from '../config.js'

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

/** What a worker needs to open a source again: plain data, which is never stored. */
export type SourceAddress = LocalAddress | S3Address | HttpAddress | SpooledAddress

export interface LocalAddress {
  readonly kind: 'local'
  readonly name: string
  /** The real path, already found to be inside an import root. */
  readonly path: string
}

/** What was found at a remote address when the import was planned: every read asks for the same again. */
export interface RemoteVersion {
  readonly byteLength: number
  /** The ETag, else the time of the last change; '' where the server tells neither. */
  readonly version: string
}

export interface S3Address extends RemoteVersion {
  readonly kind: 's3'
  readonly name: string
  readonly bucket: string
  readonly key: string
  readonly access: S3Access
}

export interface HttpAddress extends RemoteVersion {
  readonly kind: 'http'
  readonly name: string
  /** Hosts that redirects may lead to. */
  readonly hosts: readonly string[]
}

/** A page of a server that gives no parts, kept on this machine for as long as its import runs. */
export interface SpooledAddress extends RemoteVersion {
  readonly kind: 'spooled'
  readonly name: string
  readonly path: string
}
