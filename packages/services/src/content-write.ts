// SPDX-License-Identifier: Apache-2.0
import { toTimestamp } from '@containerd-ts/api'
import { WriteAction } from '@containerd-ts/api/services/content/v1/content_pb'
import type { WriteContentRequest } from '@containerd-ts/api/services/content/v1/content_pb'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { WriteContentResponseSchema } from '@containerd-ts/api/services/content/v1/content_pb'
import { parseDigest } from '@containerd-ts/core'
import type { BlobWriter, CallOptions, ContentStore, Digest } from '@containerd-ts/core'
import {
  AlreadyExistsError,
  InvalidArgumentError,
  isAlreadyExists,
  isNotFound,
  OutOfRangeError,
} from '@containerd-ts/errdefs'
import { fromInt64, toInt64 } from '@containerd-ts/wire'

type Response = MessageInitShape<typeof WriteContentResponseSchema>

/**
 * The write stream: one writer, moved on by each request, answered once per request.
 * The last answer is sent once more when the stream ends, and fields that only STAT fills stay in later answers:
 * clients of the original have learnt to expect both.
 */
export async function* writeBlob(
  store: ContentStore,
  requests: AsyncIterable<WriteContentRequest>,
  options: CallOptions,
): AsyncGenerator<Response> {
  const stream = requests[Symbol.asyncIterator]()
  const first = await stream.next()
  if (first.done || first.value.ref === '') throw new InvalidArgumentError('first message must have a reference')
  const { ref } = first.value
  const expected = digestIn(first.value)
  const total = fromInt64(first.value.total)
  await using writer = await store.ingest(ref, { ...options, expected, totalBytes: total > 0 ? total : undefined })
  const session = new WriteSession(store, writer, options, { expected, total })

  let response: Response | undefined
  for (let next: IteratorResult<WriteContentRequest> = first; !next.done; next = await stream.next()) {
    response = await session.handle(next.value)
    yield response
    if (next.value.action === WriteAction.COMMIT) break
  }
  if (response !== undefined) yield response
}

const digestIn = ({ expected }: WriteContentRequest): Digest | undefined =>
  expected === '' ? undefined : parseDigest(expected)

class WriteSession {
  readonly #store: ContentStore
  readonly #writer: BlobWriter
  readonly #options: CallOptions
  #expected: Digest | undefined
  #total: number
  #offset: number | undefined
  #response: Response = {}

  constructor(
    store: ContentStore,
    writer: BlobWriter,
    options: CallOptions,
    announced: { readonly expected: Digest | undefined; readonly total: number },
  ) {
    this.#store = store
    this.#writer = writer
    this.#options = options
    this.#expected = announced.expected
    this.#total = announced.total
  }

  async handle(request: WriteContentRequest): Promise<Response> {
    this.#options.signal?.throwIfAborted()
    await this.#takeAnnouncements(request)
    switch (request.action) {
      case WriteAction.STAT:
        await this.#stat()
        break
      case WriteAction.WRITE:
        await this.#write(request)
        this.#response = { ...this.#response, digest: await this.#writer.digest() }
        break
      case WriteAction.COMMIT:
        await this.#write(request)
        await this.#commit(request)
        break
      default:
        throw new InvalidArgumentError(`unknown write action ${String(request.action)}`)
    }
    this.#response = { ...this.#response, action: request.action, offset: toInt64(await this.#position()) }
    return this.#response
  }

  /** A digest that exists by now ends the ingest: nobody needs its bytes any more. */
  async #takeAnnouncements(request: WriteContentRequest): Promise<void> {
    const total = fromInt64(request.total)
    if (total > 0) this.#total = total
    const expected = digestIn(request)
    if (expected === undefined) return
    this.#expected = expected
    if (!(await this.#exists(expected))) return
    await this.#writer[Symbol.asyncDispose]()
    await this.#store.abort(this.#writer.ref, this.#options).catch(ignoreNotFound)
    throw new AlreadyExistsError(`blob with expected digest ${expected} exists`)
  }

  async #exists(digest: Digest): Promise<boolean> {
    try {
      await this.#store.info(digest, this.#options)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async #stat(): Promise<void> {
    const status = await this.#writer.status()
    this.#offset = status.offsetBytes
    this.#response = {
      ...this.#response,
      digest: await this.#writer.digest(),
      startedAt: toTimestamp(status.startedAt),
      updatedAt: toTimestamp(status.updatedAt),
      total: toInt64(this.#total > 0 ? this.#total : status.totalBytes),
    }
  }

  async #position(): Promise<number> {
    this.#offset ??= (await this.#writer.status()).offsetBytes
    return this.#offset
  }

  /** Offset 0 means start over once there are bytes, even in a commit; any other offset must be the current one. */
  async #write({ offset, data }: WriteContentRequest): Promise<void> {
    const at = fromInt64(offset)
    const current = await this.#position()
    if (at > 0 && at !== current) throw new OutOfRangeError(`write @${at} must occur at current offset ${current}`)
    if (at === 0 && current > 0) {
      await this.#writer.truncate(0)
      this.#offset = 0
    }
    if (data.length === 0) return
    await this.#writer.write(data)
    this.#offset = (await this.#position()) + data.length
  }

  async #commit(request: WriteContentRequest): Promise<void> {
    try {
      const digest = await this.#writer.commit({
        ...this.#options,
        sizeBytes: this.#total,
        expected: this.#expected,
        labels: request.labels,
      })
      this.#response = { ...this.#response, digest }
    } catch (error) {
      if (isAlreadyExists(error)) this.#offset ??= 0
      throw error
    }
  }
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}
