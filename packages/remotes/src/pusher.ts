// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@containerd-ts/core'
import { FailedPreconditionError, NotFoundError, PermissionDeniedError } from '@containerd-ts/errdefs'
import { isIndexType, isManifestType } from '@containerd-ts/oci'
import type { OciDescriptor, Reference } from '@containerd-ts/oci'
import { Authorizer } from './authorizer.ts'
import { HttpStatusError, statusError } from './errors.ts'
import type { HttpResponse } from './http-client.ts'
import type { RegistryHost } from './registry-host.ts'
import { sendRequest } from './request.ts'
import type { RegistryRequest, SendContext } from './request.ts'
import { repositoryScope } from './scope.ts'

export interface PushOptions extends CallOptions {
  /** Repository of the same registry that holds the blob already. */
  readonly mountFrom?: string | undefined
  /** Called with the bytes handed to the connection so far. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined
}

/** Writes blobs and manifests into one repository. */
export interface Pusher {
  /** Registry host and repository that are written to. */
  readonly target: { readonly host: string; readonly repository: string }
  /**
   * Sends one object unless it is there; `bytes` is called once per attempt.
   * @throws {UnauthenticatedError} @throws {PermissionDeniedError} @throws {UnavailableError}
   * @throws {FailedPreconditionError} the registry computed another digest
   */
  push(
    descriptor: OciDescriptor,
    bytes: () => AsyncIterable<Uint8Array>,
    options?: PushOptions,
  ): Promise<'pushed' | 'exists' | 'mounted'>
}

/** Pushes over the registry protocol, to the first host that takes pushes. */
export class RegistryPusher implements Pusher {
  readonly #ref: Reference
  readonly #hosts: readonly RegistryHost[]

  constructor(ref: Reference, hosts: readonly RegistryHost[]) {
    this.#ref = ref
    this.#hosts = hosts
  }

  get target(): { readonly host: string; readonly repository: string } {
    return { host: this.#ref.host, repository: this.#ref.repository }
  }

  async push(
    descriptor: OciDescriptor,
    bytes: () => AsyncIterable<Uint8Array>,
    options: PushOptions = {},
  ): Promise<'pushed' | 'exists' | 'mounted'> {
    const host = this.#hosts.find((candidate) => candidate.capabilities.has('push'))
    if (host === undefined) throw NotFoundError.of('no push hosts for', this.#ref.locator)
    const scopes = [repositoryScope(this.#ref.repository, true)]
    const context: SendContext = { namespace: this.#ref.host, scopes, lastHost: true, signal: options.signal }
    const isManifest = isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType)
    const target = `${this.#ref.repository}/${isManifest ? `manifests/${this.#manifestName(descriptor)}` : `blobs/${descriptor.digest}`}`
    if (await exists(host, target, descriptor, context)) return 'exists'
    const body = counted(bytes, options.onProgress)
    if (isManifest) {
      await this.#put(
        host,
        { method: 'PUT', target, headers: putHeaders(descriptor, descriptor.mediaType), body },
        descriptor,
        context,
      )
      return 'pushed'
    }
    return this.#pushBlob(host, descriptor, body, options.mountFrom, context)
  }

  /** The tag, when this is what the reference names; its digest otherwise. */
  #manifestName(descriptor: OciDescriptor): string {
    const { tag, digest } = this.#ref
    return tag !== '' && (digest === undefined || digest === descriptor.digest) ? tag : descriptor.digest
  }

  async #pushBlob(
    host: RegistryHost,
    descriptor: OciDescriptor,
    body: () => AsyncIterable<Uint8Array>,
    mountFrom: string | undefined,
    context: SendContext,
  ): Promise<'pushed' | 'exists' | 'mounted'> {
    const uploads: RegistryRequest = {
      method: 'POST',
      target: `${this.#ref.repository}/blobs/uploads/`,
      headers: { 'content-length': '0' },
    }
    let response: HttpResponse | undefined
    if (mountFrom !== undefined && mountFrom !== this.#ref.repository) {
      const scopes = [...context.scopes, repositoryScope(mountFrom, false)]
      const query = { mount: descriptor.digest, from: mountFrom }
      response = await sendRequest(host, { ...uploads, query }, { ...context, scopes }).catch((error: unknown) => {
        // Credentials that do not reach the source repository leave the plain upload.
        if ((error as { name?: unknown }).name === 'UnauthenticatedError') return undefined
        throw error
      })
      if (response?.status === 401) {
        await response.discard()
        response = undefined
      } else if (response?.status === 201) {
        await response.discard()
        return 'mounted'
      }
    }
    response ??= await sendRequest(host, uploads, context)
    if (response.status === 201) {
      await response.discard()
      return 'exists'
    }
    if (![200, 202, 204].includes(response.status)) throw await statusError(response)
    await response.discard()
    const location = response.header('location')
    if (location === '') throw new FailedPreconditionError(`${host.host} answered no upload location`)
    const url = new URL(location, response.url)
    url.searchParams.set('digest', descriptor.digest)
    const headers = putHeaders(descriptor, 'application/octet-stream')
    await this.#put(
      uploadHost(host, url, response.url),
      { method: 'PUT', target: url, headers, body },
      descriptor,
      context,
    )
    return 'pushed'
  }

  async #put(
    host: RegistryHost,
    request: RegistryRequest,
    descriptor: OciDescriptor,
    context: SendContext,
  ): Promise<void> {
    const response = await sendRequest(host, request, context)
    if (![200, 201, 204].includes(response.status)) throw await statusError(response)
    await response.discard()
    const stored = response.header('docker-content-digest')
    if (stored !== '' && stored !== descriptor.digest) {
      throw new FailedPreconditionError(`got digest ${stored}, expected ${descriptor.digest}`)
    }
  }
}

const putHeaders = (descriptor: OciDescriptor, contentType: string) => ({
  'content-type': contentType,
  'content-length': String(descriptor.sizeBytes),
})

/** An upload sent elsewhere goes without our credentials, unless a redirect of the registry led there already. */
function uploadHost(host: RegistryHost, url: URL, asked: URL): RegistryHost {
  const same = url.host === asked.host && url.protocol === asked.protocol
  return same ? host : { ...host, headers: {}, authorizer: new Authorizer(undefined) }
}

async function exists(
  host: RegistryHost,
  target: string,
  descriptor: OciDescriptor,
  context: SendContext,
): Promise<boolean> {
  const headers = { accept: [descriptor.mediaType, '*/*'].join(', ') }
  const response = await sendRequest(host, { method: 'HEAD', target, headers }, context)
  await response.discard()
  if (response.status === 200) {
    const digest = response.header('docker-content-digest')
    return digest === '' ? target.endsWith(`/${descriptor.digest}`) : digest === descriptor.digest
  }
  if (response.status === 404) return false
  if (response.status === 403) {
    const get = await sendRequest(host, { method: 'GET', target, headers }, context)
    if (get.status > 299) throw await statusError(get)
    await get.discard()
    throw new PermissionDeniedError(new HttpStatusError(response, '').message)
  }
  throw await statusError(response)
}

function counted(
  bytes: () => AsyncIterable<Uint8Array>,
  onProgress: ((sentBytes: number) => void) | undefined,
): () => AsyncIterable<Uint8Array> {
  return async function* () {
    let sent = 0
    for await (const chunk of bytes()) {
      yield chunk
      sent += chunk.length
      onProgress?.(sent)
    }
  }
}
