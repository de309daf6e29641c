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
import { FailedPreconditionError, UnavailableError } from '@containerd-ts/errdefs'
import { AsyncQueue, sleep } from '@containerd-ts/lifecycle'
import { fromInt64, toInt64 } from '@containerd-ts/wire'
import { isUnavailable } from '@containerd-ts/errdefs'
import type { Scope } from './scope.ts'

type Request = MessageInitShape<typeof WriteContentRequestSchema>

/** The original's clients cut writes at this size; messages end at 16 MiB. */
const chunkBytes = 8 << 20
const firstRetryMs = 16
const longestRetryMs = 2048

/** One write stream: a request out, an answer back, in step. */
export class BlobWriterProxy implements BlobWriter {
  readonly ref: string
  readonly #requests: AsyncQueue<Request>
  readonly #responses: AsyncIterator<WriteContentResponse>
  readonly #options: IngestOptions
  #last: WriteContentResponse
  #open = true

  private constructor(
    ref: string,
    requests: AsyncQueue<Request>,
    responses: AsyncIterator<WriteContentResponse>,
    options: IngestOptions,
    first: WriteContentResponse,
  ) {
    this.ref = ref
    this.#requests = requests
    this.#responses = responses
    this.#options = options
    this.#last = first
  }

  /** Opens the stream and learns the offset. A ref that is locked is tried again until the signal fires. */
  static async open(
    client: Client<typeof Content>,
    ref: string,
    scope: Scope,
    options: IngestOptions = {},
  ): Promise<BlobWriterProxy> {
    for (let limitMs = firstRetryMs; ; limitMs = Math.min(limitMs * 2, longestRetryMs)) {
      try {
        return await BlobWriterProxy.#openOnce(client, ref, scope, options)
      } catch (error) {
        if (!isUnavailable(error) || !/locked/.test(String(error))) throw error
      }
      await sleep(Math.random() * limitMs, options.signal)
    }
  }

  static async #openOnce(
    client: Client<typeof Content>,
    ref: string,
    scope: Scope,
    options: IngestOptions,
  ): Promise<BlobWriterProxy> {
    const requests = new AsyncQueue<Request>()
    requests.offer({
      action: WriteAction.STAT,
      ref,
      total: toInt64(options.totalBytes ?? 0),
      expected: options.expected ?? '',
    })
    const responses = client.write(requests, scope(options))[Symbol.asyncIterator]()
    try {
      const first = await responses.next()
      if (first.done) throw new UnavailableError(`write stream of ${ref} ended before its first answer`)
      return new BlobWriterProxy(ref, requests, responses, options, first.value)
    } catch (error) {
      requests.close()
      throw error
    }
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
    const { digest } = await this.#ask({
      action: WriteAction.COMMIT,
      offset: this.#last.offset,
      total: toInt64(options.sizeBytes ?? this.#options.totalBytes ?? 0),
      expected: options.expected ?? this.#options.expected ?? '',
      labels: { ...options.labels },
    })
    await this[Symbol.asyncDispose]()
    return digest as Digest
  }

  /** Half-closes and drains: the server repeats its last answer before it ends the stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#requests.close()
    try {
      while (!(await this.#responses.next()).done);
    } catch {
      // The stream has failed already, and whoever asked last was told.
    }
  }

  async #ask(request: Request): Promise<WriteContentResponse> {
    if (!this.#open) throw new FailedPreconditionError(`writer of ${this.ref} is closed`)
    this.#requests.offer(request)
    const response = await this.#responses.next()
    if (response.done) throw new UnavailableError(`write stream of ${this.ref} ended early`)
    this.#last = response.value
    return response.value
  }
}
