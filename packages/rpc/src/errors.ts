// SPDX-License-Identifier: Apache-2.0
import { toBinary, create } from '@bufbuild/protobuf'
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { Code, codeFromNumber, codeOf, errnoOf, fromWireStatus, toWireStatus } from '@containerd-ts/errdefs'
import type { CodedError } from '@containerd-ts/errdefs'
import type { Logger, LogFields, TypedAny } from '@containerd-ts/core'

/** What an RPC carries of a failure. */
export interface RpcStatus {
  readonly code: Code
  readonly message: string
  readonly details: readonly TypedAny[]
  /** Metadata to send along, in the trailers. */
  readonly metadata?: Headers | undefined
}

/** What we read of Connect's error class. Known by its shape: the class itself need not be loaded. */
interface ConnectErrorShape extends Error {
  readonly code: number
  readonly rawMessage: string
  readonly metadata: Headers
  readonly isWireError?: boolean
  readonly details: readonly (
    | { readonly type: string; readonly value: Uint8Array }
    | { readonly desc: DescMessage; readonly value: MessageInitShape<DescMessage> }
  )[]
}

// Symbols of the global registry, so that two copies of this package understand each other's errors.
const detailsKey = Symbol.for('containerd-ts.rpc.details')
const trailersKey = Symbol.for('containerd-ts.rpc.trailers')

/** Attaches status details to an error; they travel with it. */
export function withDetails<E extends Error>(error: E, details: readonly TypedAny[]): E {
  return Object.defineProperty(error, detailsKey, { value: details, configurable: true })
}

/** Status details of an error that came from a peer, or that `withDetails` attached. */
export const detailsOf = (error: unknown): readonly TypedAny[] => property(error, detailsKey, Array.isArray) ?? []

/** Trailers that a peer's failure came with. */
export const trailersOf = (error: unknown): Headers | undefined =>
  property(error, trailersKey, (value) => value instanceof Headers)

/**
 * Any error as a status. One of Connect's passes as it is; every other gets code and text from errdefs,
 * class text included.
 */
export function toRpcStatus(error: unknown): RpcStatus {
  if (!isConnectError(error)) return { ...toWireStatus(error), details: detailsOf(error) }
  const details = error.details.map((detail) =>
    'desc' in detail
      ? {
          typeUrl: `type.googleapis.com/${detail.desc.typeName}`,
          value: toBinary(detail.desc, create(detail.desc, detail.value)),
        }
      : { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value },
  )
  const metadata = error.isWireError === true ? undefined : error.metadata
  return { code: codeFromNumber(error.code), message: error.rawMessage, details, metadata }
}

/** The coded error for a peer's status: domain code asks `isNotFound(error)` and needs to know no RPC. */
export function fromRpcStatus(status: RpcStatus, trailers?: Headers): CodedError {
  const error = fromWireStatus(status.code, status.message)
  if (trailers !== undefined) Object.defineProperty(error, trailersKey, { value: trailers })
  return status.details.length > 0 ? withDetails(error, status.details) : error
}

/** Whether this is Connect's error, of whatever copy of Connect. */
export function isConnectError(error: unknown): error is ConnectErrorShape {
  if (!(error instanceof Error) || error.name !== 'ConnectError') return false
  const shape = error as Partial<ConnectErrorShape>
  return typeof shape.code === 'number' && typeof shape.rawMessage === 'string' && Array.isArray(shape.details)
}

/**
 * Tells the log of a failed call: a defect of ours as an error with its stack, what was to be expected for debugging.
 * A defect is what nobody gave a code, an UnknownError included, and what no system call failed with.
 */
export function logFailure(logger: Logger, error: unknown, fields: LogFields): void {
  const expected = codeOf(error) !== Code.Unknown || errnoOf(error) !== undefined || hasCode(error)
  if (expected) logger.debug('rpc failed', { ...fields, error })
  else logger.error('rpc failed with an error of no class', { ...fields, error, stack: stackOf(error) })
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined)

const hasCode = (error: unknown): boolean => property(error, 'code', (code) => code === Code.Unknown) !== undefined

function property<T>(error: unknown, key: symbol | string, is: (value: unknown) => boolean): T | undefined {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 32; depth++) {
    const value: unknown = (e as unknown as Record<symbol | string, unknown>)[key]
    if (is(value)) return value as T
    e = e.cause
  }
  return undefined
}
