// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd } from './types.ts'

/** Metadata to give an entry; what is omitted is left as the kernel made it. Applied in the order owner, xattrs, mode, times. */
export interface EntryMeta {
  readonly uid?: number
  readonly gid?: number
  /** Permission bits with setuid, setgid and sticky; not applied to symbolic links. */
  readonly mode?: number
  readonly atimeNs?: bigint
  readonly mtimeNs?: bigint
  readonly xattrs?: readonly (readonly [name: string | Uint8Array, value: Uint8Array])[]
}

/**
 * One change of a tree. Paths are relative to the root; a leading `/` and `..` cannot leave it, and symbolic
 * links in the way are resolved as if the root were `/`. Missing parents are made with mode 0755.
 * What stands at `path` is replaced, save that `directory` over a directory keeps it.
 */
export type ApplyOp =
  | (EntryMeta & { readonly op: 'directory'; readonly path: BytePath })
  | (EntryMeta & { readonly op: 'file'; readonly path: BytePath; readonly data?: Uint8Array })
  /** Makes an empty file and returns its fd for streaming; end with `finish`. */
  | { readonly op: 'open'; readonly path: BytePath }
  /** Applies metadata through the fd of `open` and closes it. */
  | (EntryMeta & { readonly op: 'finish'; readonly fd: Fd })
  | (EntryMeta & { readonly op: 'symlink'; readonly path: BytePath; readonly target: BytePath })
  /** Hard link to `target`, which is resolved under the root, its last component not followed. */
  | { readonly op: 'link'; readonly path: BytePath; readonly target: BytePath }
  /** mknod: `type` holds the S_IFMT bits. */
  | (EntryMeta & {
      readonly op: 'node'
      readonly path: BytePath
      readonly type: number
      readonly major?: number
      readonly minor?: number
    })
  /** Removes the tree at `path`; nothing there is fine. */
  | { readonly op: 'remove'; readonly path: BytePath }
  /** Removes what is in the directory at `path` but not the directory; nothing there is fine. */
  | { readonly op: 'empty'; readonly path: BytePath }
  /** Metadata alone, on what stands at `path` (last component not followed): times of directories after their content. */
  | (EntryMeta & { readonly op: 'meta'; readonly path: BytePath })

export interface ApplyResult {
  /** Of `open`. */
  readonly fd?: Fd
  /** Attributes the file system refused with ENOTSUP; the rest of the entry was applied. */
  readonly skippedXattrs?: number
}

/** The changes before this one were applied; those after it were not tried. */
export interface ApplyFailure {
  readonly index: number
  readonly error: Error
}

export interface ApplyOutcome {
  /** One per change that was applied, in order. */
  readonly results: readonly ApplyResult[]
  readonly failure: ApplyFailure | undefined
}

export interface ApplyCalls {
  /** Applies many changes in one synchronous native call: call it from a worker thread. */
  applyBatchSync(rootFd: Fd, ops: readonly ApplyOp[]): ApplyOutcome
  /** Writes all of `data` at the fd's offset; for files opened by `open`. */
  writeAllSync(fd: Fd, data: Uint8Array): void
}
