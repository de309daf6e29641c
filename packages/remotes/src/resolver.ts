// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { digestAlgorithm, digestOf, isDigest, parseDigest } from '@containerd-ts/core'
import type { CallOptions, Digest } from '@containerd-ts/core'
import {
  NotFoundError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnauthenticatedError,
  UnimplementedError,
} from '@containerd-ts/errdefs'
import { MediaType, parsePullReference } from '@containerd-ts/oci'
import type { OciDescriptor, Reference } from '@containerd-ts/oci'
import { ConfiguredHosts } from './configured-hosts.ts'
import type { ConfiguredHostsOptions } from './configured-hosts.ts'
import { HttpStatusError, httpStatusOf, statusError } from './errors.ts'
import type { HttpResponse } from './http-client.ts'
import { RegistryFetcher } from './fetcher.ts'
import type { Fetcher } from './fetcher.ts'
import { maxManifestBytes } from './limits.ts'
import { RegistryPusher } from './pusher.ts'
import type { Pusher } from './pusher.ts'
import type { HostCapability, RegistryHost, RegistryHosts } from './registry-host.ts'
import { sendRequest } from './request.ts'
import { repositoryScope } from './scope.ts'

export interface Resolved {
  /** The reference as given. */
  readonly name: string
  readonly descriptor: OciDescriptor
}

/** Turns references into descriptors and hands out what moves content to and from their repository. */
export interface Resolver {
  /**
   * @throws {InvalidArgumentError} not a full reference
   * @throws {NotFoundError} no host knows it, or its manifest is too large
   * @throws {UnauthenticatedError} @throws {PermissionDeniedError} @throws {UnavailableError}
   */
  resolve(ref: string, options?: CallOptions): Promise<Resolved>
  fetcher(ref: string): Promise<Fetcher>
  /** Manifests whose digest ends the reference go under its tag. */
  pusher(ref: string): Promise<Pusher>
}

const acceptManifests = [
  MediaType.dockerManifest,
  MediaType.dockerManifestList,
  MediaType.ociManifest,
  MediaType.ociIndex,
  '*/*',
].join(', ')

/** Resolves over the registry protocol. */
export class RegistryResolver implements Resolver {
  readonly #hosts: RegistryHosts

  constructor(hosts: RegistryHosts) {
    this.#hosts = hosts
  }

  async resolve(ref: string, options: CallOptions = {}): Promise<Resolved> {
    const parsed = parsePullReference(ref)
    const all = await this.#hosts(parsed.host)
    const need: readonly HostCapability[] = parsed.digest === undefined ? ['pull', 'resolve'] : ['pull']
    const hosts = all.filter((host) => need.every((capability) => host.capabilities.has(capability)))
    if (hosts.length === 0) throw NotFoundError.of('no resolve hosts for', ref)
    const failures = new Failures()
    const targets = [`manifests/${parsed.digest ?? parsed.tag}`]
    if (parsed.digest !== undefined) targets.push(`blobs/${parsed.digest}`)
    for (const target of targets) {
      for (const [i, host] of hosts.entries()) {
        try {
          const query = new Query(host, parsed, i === hosts.length - 1, options.signal)
          return { name: ref, descriptor: await query.describe(target) }
        } catch (error) {
          options.signal?.throwIfAborted()
          failures.add(error)
        }
      }
      // Something other than absence: asking for a blob of that digest would only hide it.
      if (failures.worseThanAbsence) break
    }
    throw failures.toError(ref)
  }

  async fetcher(ref: string): Promise<Fetcher> {
    const parsed = parsePullReference(ref)
    return new RegistryFetcher(parsed, await this.#hosts(parsed.host))
  }

  async pusher(ref: string): Promise<Pusher> {
    const parsed = parsePullReference(ref)
    return new RegistryPusher(parsed, await this.#hosts(parsed.host))
  }
}

export interface ResolverOptions extends Omit<ConfiguredHostsOptions, 'headers'> {
  /** Such as `containerd/2.3.4`. */
  readonly userAgent: string
  readonly headers?: ConfiguredHostsOptions['headers']
}

/** A resolver that owns its connections. */
export type OwnedResolver = Resolver & AsyncDisposable

/** A resolver over the hosts that configuration and defaults name. Disposal closes its connections. */
export function createResolver({ userAgent, headers, ...options }: ResolverOptions): OwnedResolver {
  const hosts = new ConfiguredHosts({ ...options, headers: { 'user-agent': userAgent, ...headers } })
  const resolver = new RegistryResolver(hosts.hosts)
  return Object.assign(resolver, { [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() })
}

class Query {
  readonly #host: RegistryHost
  readonly #ref: Reference
  readonly #context: Parameters<typeof sendRequest>[2]

  constructor(host: RegistryHost, ref: Reference, lastHost: boolean, signal: AbortSignal | undefined) {
    this.#host = host
    this.#ref = ref
    this.#context = { namespace: ref.host, scopes: [repositoryScope(ref.repository, false)], lastHost, signal }
  }

  async describe(target: string): Promise<OciDescriptor> {
    const head = await this.#send('HEAD', target)
    if (head.status === 405) {
      await head.discard()
      return this.#describeBody(target)
    }
    if (head.status === 403) {
      // A refusal of HEAD says nothing: ask once more for the registry's words.
      await head.discard()
      const get = await this.#send('GET', target)
      if (get.status > 299) throw await statusError(get)
      await get.discard()
      throw new PermissionDeniedError(new HttpStatusError(head, '').message)
    }
    if (head.status > 299) {
      await head.discard()
      throw await statusError(head)
    }
    await head.discard()
    const sizeText = head.header('content-length')
    const told = head.header('docker-content-digest')
    const digest = this.#ref.digest ?? (isDigest(told) ? told : undefined)
    const sizeBytes = Number(sizeText)
    if (digest === undefined || sizeText === '' || !Number.isSafeInteger(sizeBytes)) return this.#describeBody(target)
    return this.#checked({ mediaType: mediaTypeOf(head), digest, sizeBytes }, target)
  }

  /** For servers that tell too little: reads and hashes the manifest. */
  async #describeBody(target: string): Promise<OciDescriptor> {
    const response = await this.#send('GET', target)
    if (response.status > 299) throw await statusError(response)
    const mediaType = mediaTypeOf(response)
    if (mediaType === MediaType.dockerSchema1) {
      await response.discard()
      throw new UnimplementedError(`media type "${mediaType}"`)
    }
    const { digest: want } = this.#ref
    const bytes = await response.bytes(maxManifestBytes)
    const algorithm = want === undefined ? 'sha256' : digestAlgorithm(want)
    const digest: Digest = digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'))
    if (want !== undefined && digest !== want) {
      throw new NotFoundError(`${this.#host.host} answers ${digest} for ${want}`)
    }
    return this.#checked({ mediaType, digest, sizeBytes: bytes.length }, target)
  }

  #checked(descriptor: OciDescriptor, target: string): OciDescriptor {
    if (descriptor.mediaType === MediaType.dockerSchema1) {
      throw new UnimplementedError(`media type "${descriptor.mediaType}"`)
    }
    if (target.startsWith('manifests/') && descriptor.sizeBytes > maxManifestBytes) {
      throw new ManifestTooLargeError(
        `rejecting ${descriptor.sizeBytes} byte manifest ${parseDigest(descriptor.digest)}: larger than ${maxManifestBytes} bytes`,
      )
    }
    return descriptor
  }

  #send(method: 'GET' | 'HEAD', target: string): Promise<HttpResponse> {
    const headers = { accept: acceptManifests, 'accept-encoding': 'identity' }
    return sendRequest(this.#host, { method, target: `${this.#ref.repository}/${target}`, headers }, this.#context)
  }
}

class ManifestTooLargeError extends NotFoundError {}

/** `text/plain` is how old registries call schema 1. */
function mediaTypeOf(response: HttpResponse): string {
  const type = (response.header('content-type').split(';')[0] ?? '').trim()
  return type === 'text/plain' ? MediaType.dockerSchema1 : type
}

/** Keeps the failure that tells most: transport, then absence, then other answers, then a manifest too large. */
class Failures {
  #worst: { readonly rank: number; readonly error: unknown } = { rank: -1, error: undefined }

  get worseThanAbsence(): boolean {
    return this.#worst.rank > 1
  }

  add(error: unknown): void {
    const rank = rankOf(error)
    if (rank > this.#worst.rank) this.#worst = { rank, error }
  }

  toError(ref: string): unknown {
    const { error } = this.#worst
    const status = httpStatusOf(error)
    const text = `failed to resolve reference "${ref}"`
    if (status === 404) return new NotFoundError(`${text}: ${ref}: not found`, { cause: error })
    const code = (error as { code?: unknown }).code
    if (code === new UnauthenticatedError('').code) {
      return new UnauthenticatedError(
        `${text}: pull access denied, repository does not exist or may require authorization`,
        { cause: error },
      )
    }
    return new Error(text, { cause: error })
  }
}

function rankOf(error: unknown): number {
  if (error instanceof ManifestTooLargeError || error instanceof ResourceExhaustedError) return 3
  const status = httpStatusOf(error)
  if (status === 404) return 1
  if (status !== undefined || error instanceof UnauthenticatedError || error instanceof UnimplementedError) return 2
  return 0
}
