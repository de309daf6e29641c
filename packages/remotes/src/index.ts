// SPDX-License-Identifier: Apache-2.0
export { Authorizer } from './authorizer.ts'
export { parseChallenges } from './challenge.ts'
export { ConfiguredHosts } from './configured-hosts.ts'
export { copyInto } from './copy-into.ts'
export { HttpStatusError, httpStatusOf, parseRegistryErrors, redactUrl } from './errors.ts'
export { fetchInto, refKey } from './fetch-into.ts'
export { RegistryFetcher } from './fetcher.ts'
export { parseHostsToml } from './hosts-toml.ts'
export { UndiciHttpClient } from './http-client.ts'
export { maxManifestBytes } from './limits.ts'
export { LoggedClient } from './logged-client.ts'
export { isLoopback } from './loopback.ts'
export { RegistryPusher } from './pusher.ts'
export { allCapabilities } from './registry-host.ts'
export { createResolver, RegistryResolver } from './resolver.ts'
export type { CredentialSource } from './authorizer.ts'
export type { Challenge } from './challenge.ts'
export type { ConfiguredHostsOptions } from './configured-hosts.ts'
export type { RegistryErrorEntry } from './errors.ts'
export type { FetchIntoOptions } from './fetch-into.ts'
export type { Fetcher, FetchOptions } from './fetcher.ts'
export type { HostEntry } from './hosts-toml.ts'
export type {
  HttpClient,
  HttpClientOptions,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  TlsOptions,
} from './http-client.ts'
export type { Pusher, PushOptions } from './pusher.ts'
export type { HostCapability, RegistryHost, RegistryHosts } from './registry-host.ts'
export type { OwnedResolver, Resolved, Resolver, ResolverOptions } from './resolver.ts'
export type { Credentials } from './token.ts'
