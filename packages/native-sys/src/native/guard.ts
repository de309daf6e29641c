// SPDX-License-Identifier: Apache-2.0
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import { SyscallError } from '../errors.ts'
import type { BytePath, Fd } from '../types.ts'

/** A path as it is shown in messages. */
export const shown = (path: BytePath): string => (typeof path === 'string' ? path : Buffer.from(path).toString())

/** Runs a call of the binding; its error gets the path and a stack that leads to the caller. */
export function guard<T>(call: () => T, path?: BytePath): T {
  try {
    return call()
  } catch (cause) {
    throw SyscallError.from(cause, path === undefined ? {} : { path: shown(path) })
  }
}

export async function guardAsync<T>(call: () => Promise<T>, path?: BytePath): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw SyscallError.from(cause, path === undefined ? {} : { path: shown(path) })
  }
}

/** The call's result, or `otherwise` when it fails with one of these codes. */
export function tolerate<T, U>(codes: readonly string[], call: () => T, otherwise: U): T | U {
  try {
    return call()
  } catch (cause) {
    if (codes.includes(errnoOf(cause) ?? '')) return otherwise
    throw cause
  }
}

export function checkPath(path: BytePath, what = 'path', allowEmpty = false): void {
  const bytes = typeof path === 'string' || path instanceof Uint8Array
  if (!bytes || (path.length === 0 && !allowEmpty))
    throw new InvalidArgumentError(`${what} must be a non-empty string or bytes`)
  if (typeof path === 'string' ? path.includes('\0') : path.includes(0))
    throw new InvalidArgumentError(`${what} contains a NUL byte`)
}

export function checkFd(fd: Fd, what = 'fd'): void {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff)
    throw new InvalidArgumentError(`${what} ${String(fd)} is not a file descriptor`)
}

export function checkDirFd(fd: Fd): void {
  if (fd !== -100) checkFd(fd, 'directory fd')
}

export function checkInteger(value: number, what: string, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new InvalidArgumentError(`${what} ${String(value)} is not an integer from ${minimum} to ${maximum}`)
}

export function checkBytes(value: Uint8Array, what: string): void {
  if (!(value instanceof Uint8Array)) throw new InvalidArgumentError(`${what} must be bytes`)
}
