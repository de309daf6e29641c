// SPDX-License-Identifier: Apache-2.0
import { Code } from './code.ts'
import { CodedError } from './coded-error.ts'

/** The caller gave up. */
export class CanceledError extends CodedError {
  override readonly name = 'CanceledError'
  override readonly code = Code.Canceled
  override readonly suffix = 'context canceled'
}

/** A failure no class describes. */
export class UnknownError extends CodedError {
  override readonly name = 'UnknownError'
  override readonly code = Code.Unknown
  override readonly suffix = 'unknown'
}

/** The request itself is wrong, whatever the state. */
export class InvalidArgumentError extends CodedError {
  override readonly name = 'InvalidArgumentError'
  override readonly code = Code.InvalidArgument
  override readonly suffix = 'invalid argument'
}

/** Time ran out before the answer. */
export class DeadlineExceededError extends CodedError {
  override readonly name = 'DeadlineExceededError'
  override readonly code = Code.DeadlineExceeded
  override readonly suffix = 'context deadline exceeded'
}

/** The thing does not exist. */
export class NotFoundError extends CodedError {
  override readonly name = 'NotFoundError'
  override readonly code = Code.NotFound
  override readonly suffix = 'not found'

  /** Names the thing: `of('image', 'x')` reads `image x: not found`. */
  static of(kind: string, id: string, options?: ErrorOptions): NotFoundError {
    return new NotFoundError(`${kind} ${id}: not found`, options)
  }
}

/** The thing, or its name, is there already. */
export class AlreadyExistsError extends CodedError {
  override readonly name = 'AlreadyExistsError'
  override readonly code = Code.AlreadyExists
  override readonly suffix = 'already exists'

  /** Names the thing: `of('image', 'x')` reads `image x: already exists`. */
  static of(kind: string, id: string, options?: ErrorOptions): AlreadyExistsError {
    return new AlreadyExistsError(`${kind} ${id}: already exists`, options)
  }
}

/** The caller may not do this. */
export class PermissionDeniedError extends CodedError {
  override readonly name = 'PermissionDeniedError'
  override readonly code = Code.PermissionDenied
  override readonly suffix = 'permission denied'
}

/** A limit is reached. */
export class ResourceExhaustedError extends CodedError {
  override readonly name = 'ResourceExhaustedError'
  override readonly code = Code.ResourceExhausted
  override readonly suffix = 'resource exhausted'
}

/** The state does not allow this now. */
export class FailedPreconditionError extends CodedError {
  override readonly name = 'FailedPreconditionError'
  override readonly code = Code.FailedPrecondition
  override readonly suffix = 'failed precondition'
}

/** Two changes contradict each other; travels as failed precondition. */
export class ConflictError extends CodedError {
  override readonly name = 'ConflictError'
  override readonly code = Code.FailedPrecondition
  override readonly suffix = 'conflict'
}

/** Nothing to change; travels as failed precondition. */
export class NotModifiedError extends CodedError {
  override readonly name = 'NotModifiedError'
  override readonly code = Code.FailedPrecondition
  override readonly suffix = 'not modified'
}

/** The operation was abandoned half-way and may be tried again as a whole. */
export class AbortedError extends CodedError {
  override readonly name = 'AbortedError'
  override readonly code = Code.Aborted
  override readonly suffix = 'aborted'
}

/** An offset or index lies outside the object. */
export class OutOfRangeError extends CodedError {
  override readonly name = 'OutOfRangeError'
  override readonly code = Code.OutOfRange
  override readonly suffix = 'out of range'
}

/** This server, plugin or kernel does not do this. */
export class UnimplementedError extends CodedError {
  override readonly name = 'UnimplementedError'
  override readonly code = Code.Unimplemented
  override readonly suffix = 'not implemented'
}

/** An invariant is broken. */
export class InternalError extends CodedError {
  override readonly name = 'InternalError'
  override readonly code = Code.Internal
  override readonly suffix = 'internal'
}

/** Not now; a retry with back-off may succeed. */
export class UnavailableError extends CodedError {
  override readonly name = 'UnavailableError'
  override readonly code = Code.Unavailable
  override readonly suffix = 'unavailable'
}

/** Bytes are missing or corrupt. */
export class DataLossError extends CodedError {
  override readonly name = 'DataLossError'
  override readonly code = Code.DataLoss
  override readonly suffix = 'data loss'
}

/** Credentials are missing or wrong. */
export class UnauthenticatedError extends CodedError {
  override readonly name = 'UnauthenticatedError'
  override readonly code = Code.Unauthenticated
  override readonly suffix = 'unauthorized'
}

type CodedErrorClass = new (message: string, options?: ErrorOptions) => CodedError

/** Every class by its suffix text; the decoder's table. */
export const classesBySuffix: ReadonlyMap<string, CodedErrorClass> = new Map<string, CodedErrorClass>([
  ['context canceled', CanceledError],
  ['unknown', UnknownError],
  ['invalid argument', InvalidArgumentError],
  ['context deadline exceeded', DeadlineExceededError],
  ['not found', NotFoundError],
  ['already exists', AlreadyExistsError],
  ['permission denied', PermissionDeniedError],
  ['resource exhausted', ResourceExhaustedError],
  ['failed precondition', FailedPreconditionError],
  ['conflict', ConflictError],
  ['not modified', NotModifiedError],
  ['aborted', AbortedError],
  ['out of range', OutOfRangeError],
  ['not implemented', UnimplementedError],
  ['internal', InternalError],
  ['unavailable', UnavailableError],
  ['data loss', DataLossError],
  ['unauthorized', UnauthenticatedError],
])

/** The class that stands for a code when the text names none. */
export const classesByCode: ReadonlyMap<Code, CodedErrorClass> = new Map<Code, CodedErrorClass>([
  [Code.Canceled, CanceledError],
  [Code.Unknown, UnknownError],
  [Code.InvalidArgument, InvalidArgumentError],
  [Code.DeadlineExceeded, DeadlineExceededError],
  [Code.NotFound, NotFoundError],
  [Code.AlreadyExists, AlreadyExistsError],
  [Code.PermissionDenied, PermissionDeniedError],
  [Code.ResourceExhausted, ResourceExhaustedError],
  [Code.FailedPrecondition, FailedPreconditionError],
  [Code.Aborted, AbortedError],
  [Code.OutOfRange, OutOfRangeError],
  [Code.Unimplemented, UnimplementedError],
  [Code.Internal, InternalError],
  [Code.Unavailable, UnavailableError],
  [Code.DataLoss, DataLossError],
  [Code.Unauthenticated, UnauthenticatedError],
])
