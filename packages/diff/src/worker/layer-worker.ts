// SPDX-License-Identifier: Apache-2.0
// Entry point of a worker thread: applies and compares layers, one job at a time.
import { open } from 'node:fs/promises'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { errnoOf } from '@containerd-ts/errdefs'
import { applyLayer } from '../apply/apply-layer.ts'
import { compareLayer } from '../compare/compare-layer.ts'
import {
  toFailure,
  type FromWorker,
  type ToWorker,
  type WorkerJob,
  type WorkerResult,
  type WorkerSource,
} from './protocol.ts'

const readBytes = 1 << 20
const progressEveryBytes = 4 << 20

class JobSession {
  readonly #port: MessagePort
  readonly #abort = new AbortController()
  #answer: ((message: ToWorker) => void) | undefined

  constructor(port: MessagePort) {
    this.#port = port
  }

  onMessage(message: ToWorker): void {
    if (message.kind === 'abort') this.#abort.abort()
    this.#answer?.(message)
    this.#answer = undefined
  }

  async run(work: WorkerJob): Promise<void> {
    try {
      this.#send({ kind: 'done', result: await this.#run(work) })
    } catch (error) {
      this.#send({ kind: 'failed', failure: toFailure(error, errnoOf(error)) })
    }
  }

  async #run(work: WorkerJob): Promise<WorkerResult> {
    const { signal } = this.#abort
    const warn = (message: string, fields: Readonly<Record<string, unknown>>): void =>
      this.#send({ kind: 'warn', message, fields })
    if (work.kind === 'apply')
      return applyLayer(work.job, { source: this.#counted(this.#source(work.source)), signal, warn })
    const chunks = compareLayer(work.job, { signal })
    for (;;) {
      const next = await chunks.next()
      if (next.done === true) return next.value
      await this.#ask({ kind: 'write', bytes: next.value })
      signal.throwIfAborted()
    }
  }

  /** A file that has vanished meanwhile is read through its open reader instead. */
  async *#source({ path, sizeBytes }: WorkerSource): AsyncGenerator<Buffer> {
    const file = path === undefined ? undefined : await open(path, 'r').catch(() => undefined)
    if (file === undefined) {
      yield* this.#pieces(sizeBytes)
      return
    }
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(readBytes)
        const { bytesRead } = await file.read(buffer, 0, readBytes, null)
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  }

  async *#pieces(sizeBytes: number | undefined): AsyncGenerator<Buffer> {
    for (let offset = 0; sizeBytes === undefined || offset < sizeBytes;) {
      const piece = await this.#ask({ kind: 'read', offset, length: readBytes })
      this.#abort.signal.throwIfAborted()
      if (piece.kind !== 'piece' || piece.bytes.length === 0) return
      offset += piece.bytes.length
      yield Buffer.from(piece.bytes.buffer, piece.bytes.byteOffset, piece.bytes.length)
    }
  }

  async *#counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let total = 0
    let reported = 0
    for await (const chunk of source) {
      total += chunk.length
      if (total - reported >= progressEveryBytes) this.#send({ kind: 'progress', readBytes: (reported = total) })
      yield chunk
    }
    this.#send({ kind: 'progress', readBytes: total })
  }

  #ask(message: FromWorker): Promise<ToWorker> {
    const { promise, resolve } = Promise.withResolvers<ToWorker>()
    this.#answer = resolve
    this.#send(message)
    return promise
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}

if (parentPort !== null) {
  const port = parentPort
  let session: JobSession | undefined
  port.on('message', (message: ToWorker) => {
    if (message.kind !== 'job') return session?.onMessage(message)
    session = new JobSession(port)
    void session.run(message.job)
  })
}
