// SPDX-License-Identifier: Apache-2.0
export { createClient } from './client/client.ts'
export { createUnixTransport } from './client/unix-transport.ts'
export type { UnixTransport, UnixTransportOptions } from './client/unix-transport.ts'
export { createContextValues } from './context-values.ts'
export { detailsOf, fromRpcStatus, isConnectError, toRpcStatus, trailersOf, withDetails } from './errors.ts'
export type { RpcStatus } from './errors.ts'
export {
  callOptionsOf,
  leaseOf,
  MetadataKey,
  namespaceOf,
  requireNamespace,
  scopeHeaders,
  scopeTtrpcMetadata,
} from './headers.ts'
export type { CallScope, MetadataReader } from './headers.ts'
