// SPDX-License-Identifier: Apache-2.0
import type { Client } from '@connectrpc/connect'
import { fromTimestamp } from '@containerd-ts/api'
import { WriteAction } from '@containerd-ts/api/services/content/v1/content_pb'
import type {
  Content,
  WriteContentRequestSchema,
  WriteContentResponse,
} from '@containerd-ts/api/services/content/v1/content_pb'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { BlobWriter, CommitOptions, Digest, IngestOptions, IngestStatus } from '@containerd-ts/core'
import {
  FailedPreconditionError,
  isFailedPrecondition,
  isInvalidArgument,
  UnavailableError,
} from '@containerd-ts/errdefs'
import { AsyncQueue } from '@containerd-ts/lifecycle'
import { fromInt64, toInt64 } from '@containerd-ts/wire'
import type { Scope } from './scope.ts'

type Request = MessageInitShape<typeof WriteContentRequestSchema>

interface WriteStream {
  readonly requests: AsyncQueue<Request>
  readonly responses: AsyncIterator<WriteContentResponse>
  /** Gives the stream up without waiting for its end. */
  readonly cut: AbortController
}

/** A refused commit ends the stream, and with it the lock; the ingest stays. */
type State =
  | { readonly kind: 'open'; readonly stream: WriteStream }
  | { readonly kind: 'refused' }
  | { readonly kind: 'closed' }

/** The original's clients cut writes at this size; messages end at 16 MiB. */
const chunkBytes = 8 << 20

/** One write stream: a request out, an answer back, in step. After a commit that was refused, another one. */
export class BlobWriterProxy implements BlobWriter {
  readonly ref: string
  readonly #connect: () => Promise<Opened>
  readonly #options: IngestOptions
  #last: WriteContentResponse
  #state: State

  private constructor(ref: string, connect: () => Promise<Opened>, options: IngestOptions, opened: Opened) {
    this.ref = ref
    this.#connect = connect
    this.#options = options
    this.#last = opened.first
    this.#state = { kind: 'open', stream: opened.stream }
  }

  /** Opens the stream and learns the offset. */
  static async open(
    client: Client<typeof Content>,
    ref: string,
    scope: Scope,
    options: IngestOptions = {},
  ): Promise<BlobWriterProxy> {
    const connect = (): Promise<Opened> => openStream(client, ref, scope, options)
    return new BlobWriterProxy(ref, connect, options, await connect())
  }

  async status(): Promise<IngestStatus> {
    const { offset, total, startedAt, updatedAt } = await this.#ask({ action: WriteAction.STAT })
    return {
      ref: this.ref,
      offsetBytes: fromInt64(offset),
      totalBytes: fromInt64(total),
      expected: this.#options.expected,
      startedAt: fromTimestamp(startedAt) ?? new Date(0),
      updatedAt: fromTimestamp(updatedAt) ?? new Date(0),
    }
  }

  async digest(): Promise<Digest> {
    return this.#last.digest as Digest
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const data = bytes.subarray(at, at + chunkBytes)
      await this.#ask({ action: WriteAction.WRITE, offset: this.#last.offset, data })
    }
  }

  /** A write at offset 0 starts the original's writer over; an empty one is enough. */
  async truncate(_sizeBytes: 0): Promise<void> {
    if (this.#last.offset > 0n) await this.#ask({ action: WriteAction.WRITE, offset: 0n, data: new Uint8Array() })
  }

  async commit(options: CommitOptions = {}): Promise<Digest> {
    options.signal?.throwIfAborted()
    const request = {
      action: WriteAction.COMMIT,
      total: toInt64(options.sizeBytes ?? this.#options.totalBytes ?? 0),
      expected: options.expected ?? this.#options.expected ?? '',
      labels: { ...options.labels },
    }
    const { digest } = await this.#ask({ ...request, offset: this.#last.offset }, options.signal)
    await this[Symbol.asyncDispose]()
    return digest as Digest
  }

  /** Half-closes and drains: the server repeats its last answer before it ends the stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'closed' }
    if (state.kind === 'open') await drain(state.stream)
  }

  async #ask(request: Request, signal?: AbortSignal): Promise<WriteContentResponse> {
    const { requests, responses, cut } = await this.#stream()
    const giveUp = (): void => cut.abort(signal?.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      requests.offer(request)
      const response = await responses.next()
      if (response.done) throw new UnavailableError(`write stream of ${this.ref} ended early`)
      this.#last = response.value
      return response.value
    } catch (error) {
      requests.close()
      this.#state = { kind: request.action === WriteAction.COMMIT && keepsIngest(error) ? 'refused' : 'closed' }
      throw error
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** The stream; a new one after a refused commit, provided that nobody wrote in between. */
  async #stream(): Promise<WriteStream> {
    if (this.#state.kind === 'open') return this.#state.stream
    if (this.#state.kind === 'closed') throw new FailedPreconditionError(`writer of ${this.ref} is closed`)
    const { stream, first } = await this.#connect()
    if (first.offset !== this.#last.offset || first.digest !== this.#last.digest) {
      this.#state = { kind: 'closed' }
      await drain(stream)
      throw new FailedPreconditionError(`ingest ${this.ref} was changed by another writer after a refused commit`)
    }
    this.#state = { kind: 'open', stream }
    return stream
  }
}

interface Opened {
  readonly stream: WriteStream
  readonly first: WriteContentResponse
}

async function openStream(
  client: Client<typeof Content>,
  ref: string,
  scope: Scope,
  options: IngestOptions,
): Promise<Opened> {
  const requests = new AsyncQueue<Request>()
  requests.offer({
    action: WriteAction.STAT,
    ref,
    total: toInt64(options.totalBytes ?? 0),
    expected: options.expected ?? '',
  })
  const cut = new AbortController()
  const signal = options.signal === undefined ? cut.signal : AbortSignal.any([options.signal, cut.signal])
  const responses = client.write(requests, scope({ ...options, signal }))[Symbol.asyncIterator]()
  try {
    const first = await responses.next()
    if (first.done) throw new UnavailableError(`write stream of ${ref} ended before its first answer`)
    return { stream: { requests, responses, cut }, first: first.value }
  } catch (error) {
    requests.close()
    throw error
  }
}

async function drain({ requests, responses }: WriteStream): Promise<void> {
  requests.close()
  try {
    while (!(await responses.next()).done);
  } catch {
    // The stream has failed already, and whoever asked last was told.
  }
}

/** What a store says of a commit whose size, digest or labels do not do; of a blob that exists it keeps no ingest. */
const keepsIngest = (error: unknown): boolean => isFailedPrecondition(error) || isInvalidArgument(error)
