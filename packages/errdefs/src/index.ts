// SPDX-License-Identifier: Apache-2.0
export { Code, codeFromNumber, codeName } from './code.ts'
export { CodedError, describe } from './coded-error.ts'
export {
  AbortedError,
  AlreadyExistsError,
  CanceledError,
  ConflictError,
  DataLossError,
  DeadlineExceededError,
  FailedPreconditionError,
  InternalError,
  InvalidArgumentError,
  NotFoundError,
  NotModifiedError,
  OutOfRangeError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnauthenticatedError,
  UnavailableError,
  UnimplementedError,
  UnknownError,
} from './classes.ts'
export {
  codeOf,
  errnoOf,
  isAborted,
  isAlreadyExists,
  isCanceled,
  isDataLoss,
  isDeadlineExceeded,
  isFailedPrecondition,
  isInvalidArgument,
  isNotFound,
  isOutOfRange,
  isPermissionDenied,
  isResourceExhausted,
  isUnauthenticated,
  isUnavailable,
  isUnimplemented,
} from './predicates.ts'
export { fromWireStatus, toWireStatus } from './wire.ts'
export type { WireStatus } from './wire.ts'
