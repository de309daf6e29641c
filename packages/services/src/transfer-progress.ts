// SPDX-License-Identifier: Apache-2.0
import { packMessage } from '@containerd-ts/api'
import { ProgressSchema } from '@containerd-ts/api/types/transfer/progress_pb'
import type { MessageStream, TransferProgress } from '@containerd-ts/core'
import { toDescriptor, toInt64 } from '@containerd-ts/wire'

/**
 * Sends progress in the background. While the peer is slow, a newer state of the same event of the same thing takes
 * the older one's place, so what waits is bounded by what is transferred.
 */
export class ProgressSender implements AsyncDisposable {
  readonly #stream: MessageStream
  readonly #signal: AbortSignal
  readonly #waiting = new Map<string, TransferProgress>()
  #sending: Promise<void> | undefined

  constructor(stream: MessageStream, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
  }

  readonly report = (progress: TransferProgress): void => {
    if (this.#stream.closed.aborted) return
    this.#waiting.set(`${progress.name}\0${progress.event}`, progress)
    this.#sending ??= this.#drain()
  }

  /** Sends what waits, then ends the stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending
    this.#stream.close()
  }

  /** A peer that does not care for progress any more is no failure of the transfer. */
  async #drain(): Promise<void> {
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) {
        await this.#stream.send(encode(next), { signal: this.#signal })
      }
    } catch {
      this.#waiting.clear()
      this.#stream.close()
    }
    this.#sending = undefined
  }

  #take(): TransferProgress | undefined {
    for (const [key, progress] of this.#waiting) {
      this.#waiting.delete(key)
      return progress
    }
    return undefined
  }
}

const encode = ({ event, name, parents, progress, total, descriptor }: TransferProgress) =>
  packMessage(ProgressSchema, {
    event,
    name,
    parents: [...parents],
    progress: toInt64(progress),
    total: toInt64(total),
    ...(descriptor === undefined ? {} : { desc: toDescriptor(descriptor) }),
  })
