// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'

/** What Connect calls HeadersInit. */
export type MetadataInit = ConstructorParameters<typeof Headers>[0]

/** Headers that the protocol sets; metadata of these names is not sent. */
const reserved = new Set([
  'content-type',
  'te',
  'user-agent',
  'connection',
  'host',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'proxy-connection',
])

/** Metadata as Connect's interfaces want it. Pseudo-headers are left out. */
export function toHeaders(from: IncomingHttpHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(from)) {
    if (name.startsWith(':') || value === undefined) continue
    if (Array.isArray(value)) for (const one of value) headers.append(name, one)
    else headers.set(name, value)
  }
  return headers
}

/** Adds metadata to outgoing headers, save what belongs to the protocol. Values of one name are joined by commas. */
export function addMetadata(to: OutgoingHttpHeaders, from: MetadataInit): void {
  if (from === undefined) return
  for (const [name, value] of from instanceof Headers ? from : new Headers(from)) {
    if (!name.startsWith('grpc-') && !reserved.has(name)) to[name] = value
  }
}
