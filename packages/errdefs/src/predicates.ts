// SPDX-License-Identifier: Apache-2.0
import { Code, codeFromNumber } from './code.ts'

/**
 * The code that an error carries, looking through `cause` from the outside in.
 * Works across package copies and for any error with a numeric `code` between 1 and 16 (Connect's too).
 * An abort counts as Canceled, a timeout as DeadlineExceeded; everything else is Unknown.
 */
export function codeOf(error: unknown): Code {
  for (let e: unknown = error, depth = 0; typeof e === 'object' && e !== null && depth < 32; depth++) {
    const { code, name, cause } = e as { code?: unknown; name?: unknown; cause?: unknown }
    if (
      typeof code === 'number' &&
      Number.isInteger(code) &&
      code > 0 &&
      code <= 16 &&
      name !== 'AbortError' &&
      name !== 'TimeoutError'
    ) {
      return codeFromNumber(code)
    }
    if (name === 'TimeoutError') return Code.DeadlineExceeded
    if (name === 'AbortError') return Code.Canceled
    e = cause
  }
  return Code.Unknown
}

/** `errno` name such as `ENOENT` of a system error, looking through `cause`. */
export function errnoOf(error: unknown): string | undefined {
  for (let e: unknown = error, depth = 0; typeof e === 'object' && e !== null && depth < 32; depth++) {
    const { code, cause } = e as { code?: unknown; cause?: unknown }
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code
    e = cause
  }
  return undefined
}

const is =
  (code: Code) =>
  (error: unknown): boolean =>
    codeOf(error) === code

export const isCanceled = is(Code.Canceled)
export const isInvalidArgument = is(Code.InvalidArgument)
export const isDeadlineExceeded = is(Code.DeadlineExceeded)
export const isNotFound = is(Code.NotFound)
export const isAlreadyExists = is(Code.AlreadyExists)
export const isPermissionDenied = is(Code.PermissionDenied)
export const isResourceExhausted = is(Code.ResourceExhausted)
export const isFailedPrecondition = is(Code.FailedPrecondition)
export const isAborted = is(Code.Aborted)
export const isOutOfRange = is(Code.OutOfRange)
export const isUnimplemented = is(Code.Unimplemented)
export const isUnavailable = is(Code.Unavailable)
export const isDataLoss = is(Code.DataLoss)
export const isUnauthenticated = is(Code.Unauthenticated)
