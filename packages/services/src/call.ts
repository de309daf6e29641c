// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext } from '@connectrpc/connect'
import type { CallOptions } from '@containerd-ts/core'
import { leaseFrom, namespaceFrom } from '@containerd-ts/rpc'
import type { Namespace } from '@containerd-ts/core'

/** The namespace a call is made in. @throws {FailedPreconditionError} none given @throws {InvalidArgumentError} malformed */
export const namespaceOf = (context: HandlerContext): Namespace => namespaceFrom(context.requestHeader)

/** Cancellation and lease of a call, as contracts take them. */
export const optionsOf = (context: HandlerContext): CallOptions => ({
  signal: context.signal,
  lease: leaseFrom(context.requestHeader),
})
