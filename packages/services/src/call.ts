// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext } from '@connectrpc/connect'
import type { CallOptions, Namespace } from '@containerd-ts/core'
import { callOptionsOf, requireNamespace } from '@containerd-ts/rpc'

/** The namespace a call is made in. @throws {FailedPreconditionError} none given @throws {InvalidArgumentError} malformed */
export const namespaceOf = (context: HandlerContext): Namespace => requireNamespace(context.requestHeader)

/** Cancellation and lease of a call, as contracts take them. */
export const optionsOf = (context: HandlerContext): CallOptions => callOptionsOf(context)
