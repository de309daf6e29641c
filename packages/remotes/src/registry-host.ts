// SPDX-License-Identifier: Apache-2.0
import type { Authorizer } from './authorizer.ts'
import type { HttpClient, HttpHeaders } from './http-client.ts'

export type HostCapability = 'pull' | 'resolve' | 'push' | 'referrers'

export const allCapabilities: ReadonlySet<HostCapability> = new Set(['pull', 'resolve', 'push', 'referrers'])

/** One place that answers for a registry name: the registry itself or a mirror. */
export interface RegistryHost {
  readonly scheme: 'http' | 'https'
  /** With its port. */
  readonly host: string
  /** Root of the API, such as `/v2`. */
  readonly path: string
  readonly capabilities: ReadonlySet<HostCapability>
  readonly headers: HttpHeaders
  readonly client: HttpClient
  readonly authorizer: Authorizer
}

/** Hosts that answer for the registry name in a reference, in the order they are asked. */
export type RegistryHosts = (name: string) => Promise<readonly RegistryHost[]>
