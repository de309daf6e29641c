// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd } from './types.ts'

export interface XattrOptions {
  /** Follow a symbolic link at the end of the path; off by default. Ignored for an fd. */
  readonly followSymlink?: boolean
}

export interface SetXattrOptions extends XattrOptions {
  /** `create` fails with EEXIST, `replace` with ENODATA. */
  readonly only?: 'create' | 'replace'
}

export type XattrTarget = BytePath | { readonly fd: Fd }

/**
 * Extended attributes; values are bytes. The `Sync` forms are for worker threads that handle many files.
 * @throws {SyscallError} ENOTSUP where the file system has none
 */
export interface XattrCalls {
  /** `undefined` when the attribute is not set. */
  getXattr(target: XattrTarget, name: string | Uint8Array, options?: XattrOptions): Promise<Buffer | undefined>
  getXattrSync(target: XattrTarget, name: string | Uint8Array, options?: XattrOptions): Buffer | undefined
  setXattr(target: XattrTarget, name: string | Uint8Array, value: Uint8Array, options?: SetXattrOptions): Promise<void>
  setXattrSync(target: XattrTarget, name: string | Uint8Array, value: Uint8Array, options?: SetXattrOptions): void
  /** Resolves to false when it was not set. */
  removeXattr(target: XattrTarget, name: string | Uint8Array, options?: XattrOptions): Promise<boolean>
  /** Names as bytes, sorted. */
  listXattrs(target: XattrTarget, options?: XattrOptions): Promise<Buffer[]>
  /** All names and values in one call, sorted by name; empty where the file system has none. */
  readXattrsSync(target: XattrTarget, options?: XattrOptions): [name: Buffer, value: Buffer][]
}
