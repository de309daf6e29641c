// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Digest } from '@containerd-ts/core'
import { digestAlgorithm, digestHex, parseDigest } from '@containerd-ts/core'
import { isNotFound, NotFoundError, UnimplementedError } from '@containerd-ts/errdefs'
import { decodeIndex, isIndexType, isManifestType, MediaType } from '@containerd-ts/oci'
import type { OciDescriptor, Reference } from '@containerd-ts/oci'
import { decodeContent } from './content-encoding.ts'
import { statusError } from './errors.ts'
import type { HttpResponse } from './http-client.ts'
import { maxManifestBytes } from './limits.ts'
import { resumable } from './resumable.ts'
import type { RegistryHost } from './registry-host.ts'
import { sendRequest } from './request.ts'
import type { RegistryRequest, SendContext } from './request.ts'
import { repositoryScope } from './scope.ts'

export interface FetchOptions extends CallOptions {
  /** First byte wanted; default 0. */
  readonly offset?: number | undefined
}

/** Reads blobs and manifests of one repository. The bytes are not verified: whoever stores them does that. */
export interface Fetcher {
  /**
   * The bytes from `offset` on. A connection that breaks is opened again where it broke, three times in a row
   * without progress at most.
   * @throws {NotFoundError} @throws {UnauthenticatedError} @throws {UnavailableError}
   */
  fetch(descriptor: OciDescriptor, options?: FetchOptions): AsyncIterable<Uint8Array>
  /** Descriptors that name `digest` as their subject; none when the registry knows none. */
  referrers(
    digest: Digest,
    options?: CallOptions & { readonly artifactTypes?: readonly string[] },
  ): Promise<readonly OciDescriptor[]>
}

/** Fetches over the registry protocol. */
export class RegistryFetcher implements Fetcher {
  readonly #ref: Reference
  readonly #hosts: readonly RegistryHost[]

  constructor(ref: Reference, hosts: readonly RegistryHost[]) {
    this.#ref = ref
    this.#hosts = hosts
  }

  async *fetch(descriptor: OciDescriptor, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    const { mediaType } = descriptor
    if (mediaType === MediaType.dockerSchema1) throw new UnimplementedError(`media type "${mediaType}"`)
    const open = (offset: number): Promise<AsyncIterable<Uint8Array>> => this.#open(descriptor, offset, options.signal)
    yield* resumable(open, options.offset ?? 0, descriptor.sizeBytes, options.signal)
  }

  async #open(
    descriptor: OciDescriptor,
    offset: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (!this.#hosts.some((host) => host.capabilities.has('pull')))
      throw NotFoundError.of('no pull hosts for', descriptor.digest)
    const isManifest = isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType)
    const path = `${this.#ref.repository}/${isManifest ? 'manifests' : 'blobs'}/${descriptor.digest}`
    let first: unknown
    for (const [i, host] of this.#hosts.entries()) {
      const context = this.#context(i === this.#hosts.length - 1, signal)
      const foreign = (descriptor.urls ?? []).filter((url) => /^https?:\/\//.test(url)).map((url) => new URL(url))
      for (const target of [...foreign, path]) {
        try {
          return await openAt(host, target, descriptor.mediaType, offset, context)
        } catch (error) {
          signal?.throwIfAborted()
          // A foreign URL that is gone leaves the registry itself to ask.
          if (target instanceof URL && isNotFound(error)) continue
          first ??= error
        }
      }
    }
    if (isNotFound(first)) {
      throw new NotFoundError(
        `could not fetch content descriptor ${descriptor.digest} (${descriptor.mediaType}) from remote`,
        { cause: first },
      )
    }
    throw first
  }

  async referrers(
    digest: Digest,
    options: CallOptions & { readonly artifactTypes?: readonly string[] } = {},
  ): Promise<readonly OciDescriptor[]> {
    const wanted = options.artifactTypes ?? []
    const [only] = wanted.length === 1 ? wanted : []
    const query = only === undefined ? {} : { artifactType: only }
    const accept = { accept: `${MediaType.ociIndex}, */*` }
    const hosts = this.#hosts.filter((host) => host.capabilities.has('referrers'))
    const targets = [
      { method: 'GET' as const, target: `${this.#ref.repository}/referrers/${digest}`, query, headers: accept },
      {
        method: 'GET' as const,
        target: `${this.#ref.repository}/manifests/${digestAlgorithm(digest)}-${digestHex(digest)}`,
        headers: accept,
      },
    ]
    for (const target of targets) {
      for (const [i, host] of hosts.entries()) {
        const found = await this.#listReferrers(host, target, this.#context(i === hosts.length - 1, options.signal))
        if (found === undefined) continue
        return wanted.length === 0 ? found : found.filter((d) => wanted.includes(d.artifactType ?? ''))
      }
    }
    return []
  }

  async #listReferrers(
    host: RegistryHost,
    request: RegistryRequest,
    context: SendContext,
  ): Promise<readonly OciDescriptor[] | undefined> {
    const response = await sendRequest(host, request, context)
    if (response.status === 404) {
      await response.discard()
      return undefined
    }
    if (response.status > 299) throw await statusError(response)
    return decodeIndex(await response.bytes(maxManifestBytes)).manifests.map((d) => ({
      ...d,
      digest: parseDigest(d.digest),
    }))
  }

  #context(lastHost: boolean, signal: AbortSignal | undefined): SendContext {
    return { namespace: this.#ref.host, scopes: [repositoryScope(this.#ref.repository, false)], lastHost, signal }
  }
}

async function openAt(
  host: RegistryHost,
  target: string | URL,
  mediaType: string,
  offset: number,
  context: SendContext,
): Promise<AsyncIterable<Uint8Array>> {
  // Offsets count bytes of the blob, so a resumed transfer must not be encoded.
  const encodings = offset > 0 ? 'identity' : 'zstd;q=1.0, gzip;q=0.8, deflate;q=0.5'
  const response = await sendRequest(
    host,
    {
      method: 'GET',
      target,
      headers: {
        accept: [...(mediaType === '' ? [] : [mediaType]), '*/*'].join(', '),
        'accept-encoding': encodings,
        ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
      },
    },
    context,
  )
  if (response.status > 299) throw await statusError(response)
  const body = decodeContent(response.body, response.header('content-encoding'))
  return offset > 0 ? skip(body, offset - startOf(response, offset)) : body
}

/** First byte of the body: where the server says, else the start of the blob. */
function startOf(response: HttpResponse, offset: number): number {
  const range = response.header('content-range')
  if (range === '') return 0
  const start = Number(/^bytes (\d+)-/.exec(range)?.[1] ?? Number.NaN)
  if (!Number.isSafeInteger(start) || start > offset) throw new NotFoundError(`unhandled content range "${range}"`)
  return start
}

async function* skip(body: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  let left = bytes
  for await (const chunk of body) {
    if (left >= chunk.length) left -= chunk.length
    else if (left === 0) yield chunk
    else {
      yield chunk.subarray(left)
      left = 0
    }
  }
}
