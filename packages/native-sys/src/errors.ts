// SPDX-License-Identifier: Apache-2.0

/** What is known about a failed system call. */
export interface SyscallFailure {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path?: string
  /** Text the kernel gave beyond the number (the log of a mount context). */
  readonly detail?: string
}

/**
 * A system call failed. Shaped as Node's own: `code` (`ENOENT`), negative `errno`, `syscall`, `path`.
 * `errnoOf` of package errdefs finds the code through wrapped errors.
 */
export class SyscallError extends Error {
  override readonly name = 'SyscallError'
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path: string | undefined

  constructor(failure: SyscallFailure, options?: ErrorOptions) {
    const where = failure.path === undefined ? '' : ` '${failure.path}'`
    const detail = failure.detail === undefined || failure.detail === '' ? '' : ` (${failure.detail})`
    super(`${failure.code}: ${failure.syscall}${where}${detail}`, options)
    this.code = failure.code
    this.errno = failure.errno
    this.syscall = failure.syscall
    this.path = failure.path
  }

  /** Rebuilds an error of the binding or of `node:fs`, adding what the caller knows; anything else is returned as it is. */
  static from(cause: unknown, known: { readonly syscall?: string; readonly path?: string } = {}): unknown {
    if (cause instanceof SyscallError || !(cause instanceof Error)) return cause
    const raw = cause as Error & Partial<SyscallFailure>
    if (typeof raw.code !== 'string' || typeof raw.errno !== 'number') return cause
    const path = known.path ?? raw.path
    return new SyscallError({
      code: raw.code,
      errno: raw.errno,
      syscall: known.syscall ?? raw.syscall ?? 'unknown',
      ...(path === undefined ? {} : { path }),
      ...(raw.detail === undefined ? {} : { detail: raw.detail }),
    })
  }
}
