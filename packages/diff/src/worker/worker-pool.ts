// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os'
import { Semaphore } from '@containerd-ts/lifecycle'
import { LayerThread, type JobHandlers } from './layer-thread.ts'
import type { WorkerJob, WorkerResult } from './protocol.ts'

export interface WorkerPoolInit {
  /** The worker's program. Default: the one beside this package's sources or build; a bundle supplies its own file. */
  readonly workerUrl?: URL | undefined
  /** Layers handled at once; others wait. Default: one per processor, at least two. */
  readonly maxWorkers?: number | undefined
  /** How long an unused thread stays, in milliseconds. Default 10 s. */
  readonly idleMs?: number | undefined
}

/** Threads that apply and compare layers. Made when needed, ended when idle. */
export class WorkerPool implements AsyncDisposable {
  readonly #url: URL
  readonly #slots: Semaphore
  readonly #idleMs: number
  readonly #idle = new Map<LayerThread, NodeJS.Timeout>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #closed = new AbortController()
  #running = 0
  #whenQuiet: (() => void) | undefined

  constructor(init: WorkerPoolInit = {}) {
    this.#url = init.workerUrl ?? defaultWorkerUrl()
    this.#slots = new Semaphore(init.maxWorkers ?? Math.max(2, availableParallelism()))
    this.#idleMs = init.idleMs ?? 10_000
  }

  /** @throws the signal's reason, once the worker has stopped touching files */
  async run(job: WorkerJob, handlers: JobHandlers, signal?: AbortSignal): Promise<WorkerResult> {
    const either = signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal])
    using _slot = await this.#slots.acquire(either)
    const thread = this.#take()
    this.#running++
    try {
      return await thread.run(job, handlers, either)
    } finally {
      this.#running--
      this.#give(thread)
      if (this.#running === 0) this.#whenQuiet?.()
    }
  }

  /** Aborts what runs, waits for it, ends all threads. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenQuiet = resolve))
    for (const thread of this.#idle.keys()) this.#stop(thread)
    await Promise.all(this.#stopping)
  }

  #take(): LayerThread {
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer)
      this.#idle.delete(thread)
      if (thread.alive) return thread
    }
    return new LayerThread(this.#url)
  }

  #give(thread: LayerThread): void {
    if (!thread.alive) return
    if (this.#closed.signal.aborted) return this.#stop(thread)
    const timer = setTimeout(() => this.#stop(thread), this.#idleMs)
    timer.unref()
    this.#idle.set(thread, timer)
  }

  #stop(thread: LayerThread): void {
    clearTimeout(this.#idle.get(thread))
    this.#idle.delete(thread)
    const stopping = thread.stop().finally(() => this.#stopping.delete(stopping))
    this.#stopping.add(stopping)
  }
}

/** From sources the worker is TypeScript, from a build JavaScript. */
function defaultWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./layer-worker.${extension}`, import.meta.url)
}
