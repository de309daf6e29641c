// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads'
import { InternalError } from '@containerd-ts/errdefs'
import { fromFailure, type FromWorker, type ToWorker, type WorkerJob, type WorkerResult } from './protocol.ts'

/** What a job needs of its owner while it runs. */
export interface JobHandlers {
  read?: ((offset: number, length: number) => Promise<Uint8Array>) | undefined
  write?: ((bytes: Uint8Array) => Promise<void>) | undefined
  progress?: ((readBytes: number) => void) | undefined
  warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** The owner's end of one worker thread. While idle it does not keep the process alive. */
export class LayerThread {
  readonly #worker: Worker
  #onMessage: ((message: FromWorker) => void) | undefined
  #onDeath: ((error: Error) => void) | undefined
  #alive = true

  constructor(url: URL) {
    this.#worker = new Worker(url, { name: 'layer' })
    this.#worker.unref()
    this.#worker.on('message', (message: FromWorker) => this.#onMessage?.(message))
    this.#worker.on('error', (cause) => this.#died(new InternalError('layer worker failed', { cause })))
    this.#worker.on('exit', (code) => this.#died(new InternalError(`layer worker ended with ${code}`)))
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Runs one job. An abort is passed on, and this settles only when the worker has let go of the files. */
  async run(job: WorkerJob, handlers: JobHandlers, signal?: AbortSignal): Promise<WorkerResult> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<WorkerResult>()
    let handlerFailure: { readonly error: unknown } | undefined
    let settled = false
    // An answer that comes too late belongs to nobody: the worker may be at its next job.
    const send = (message: ToWorker): void => {
      if (!settled) this.#send(message)
    }
    const answer = (work: Promise<ToWorker>): void => {
      work.then(send, (error: unknown) => {
        handlerFailure ??= { error }
        send({ kind: 'abort' })
      })
    }
    this.#onMessage = (message) => {
      switch (message.kind) {
        case 'read':
          return answer(readFor(handlers, message.offset, message.length))
        case 'write':
          return answer(writeFor(handlers, message.bytes))
        case 'progress':
          return handlers.progress?.(message.readBytes)
        case 'warn':
          return handlers.warn(message.message, message.fields)
        case 'done':
          return resolve(message.result)
        case 'failed':
          return reject(fromFailure(message.failure))
      }
    }
    this.#onDeath = reject
    const onAbort = (): void => this.#send({ kind: 'abort' })
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#worker.ref()
    try {
      this.#send({ kind: 'job', job })
      return await promise
    } catch (error) {
      signal?.throwIfAborted()
      throw handlerFailure === undefined ? error : handlerFailure.error
    } finally {
      settled = true
      signal?.removeEventListener('abort', onAbort)
      this.#onMessage = undefined
      this.#onDeath = undefined
      this.#worker.unref()
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #died(error: Error): void {
    this.#alive = false
    this.#onDeath?.(error)
  }
}

async function readFor(handlers: JobHandlers, offset: number, length: number): Promise<ToWorker> {
  return { kind: 'piece', bytes: (await handlers.read?.(offset, length)) ?? new Uint8Array(0) }
}

async function writeFor(handlers: JobHandlers, bytes: Uint8Array): Promise<ToWorker> {
  await handlers.write?.(bytes)
  return { kind: 'taken' }
}
