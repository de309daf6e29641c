// SPDX-License-Identifier: Apache-2.0
/**
 * Canonical status codes, numerically those of gRPC.
 * @see https://grpc.io/docs/guides/status-codes/
 */
export const Code = {
  Ok: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const

export type Code = (typeof Code)[keyof typeof Code]

const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]))

/** The code's name, or `Code(N)` for a number that is none. */
export const codeName = (code: number): string => names.get(code) ?? `Code(${code})`

/** Narrows a number from the wire; anything out of range becomes `Unknown`, as gRPC asks. */
export const codeFromNumber = (value: number): Code => (names.has(value) ? (value as Code) : Code.Unknown)
