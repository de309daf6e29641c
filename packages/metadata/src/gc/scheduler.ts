// SPDX-License-Identifier: Apache-2.0
import {
  silentLogger,
  type CallOptions,
  type GarbageCollector,
  type GcStats,
  type Logger,
  type MutationObserver,
} from '@containerd-ts/core'
import { UnavailableError, UnknownError } from '@containerd-ts/errdefs'
import { untilAborted } from '@containerd-ts/lifecycle'

export interface GcSchedulerConfig {
  /** Largest share of time spent collecting, 0 to 0.5. Default 0.02. */
  readonly pauseThreshold?: number | undefined
  /** Collect without waiting for the interval after so many deletions; 0 (default) always waits. */
  readonly deletionThreshold?: number | undefined
  /** Collect at the next interval after so many writes even when nothing was deleted. Default 100. */
  readonly mutationThreshold?: number | undefined
  /** From a trigger to its run. Default 0. */
  readonly scheduleDelayMs?: number | undefined
  /** To the first run; 0 leaves it out. Default 100. */
  readonly startupDelayMs?: number | undefined
}

export interface GcSchedulerInit {
  readonly collector: GarbageCollector
  /** Where writes are heard of. */
  readonly mutations: { observe(observer: MutationObserver): Disposable }
  readonly config?: GcSchedulerConfig | undefined
  readonly logger?: Logger | undefined
}

const initialIntervalMs = 1000
const shortestRunMs = 5

interface Waiter {
  readonly resolve: (stats: GcStats) => void
  readonly reject: (error: unknown) => void
}

/**
 * Decides when to collect: after deletions, after many writes, on demand; and never so often that more than a set share
 * of time goes into it.
 */
export class GcScheduler implements GarbageCollector, AsyncDisposable {
  readonly config: Required<{ readonly [K in keyof GcSchedulerConfig]: number }>
  readonly #collector: GarbageCollector
  readonly #logger: Logger
  readonly #subscription: Disposable
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  /** Earliest moment for a run that nobody waits for. */
  #notBefore = 0
  #intervalMs = initialIntervalMs
  #deletions = 0
  #mutations = 0
  #waiters: Waiter[] = []
  #runs = 0
  #totalMs = 0
  #running: Promise<void> | undefined
  #closed = false

  constructor(init: GcSchedulerInit) {
    const { pauseThreshold = 0.02, deletionThreshold = 0, mutationThreshold = 100 } = init.config ?? {}
    const { scheduleDelayMs = 0, startupDelayMs = 100 } = init.config ?? {}
    this.config = {
      pauseThreshold: Math.min(Math.max(pauseThreshold, 0), 0.5),
      deletionThreshold: Math.max(deletionThreshold, 0),
      mutationThreshold: Math.max(mutationThreshold, 0),
      scheduleDelayMs,
      startupDelayMs,
    }
    this.#collector = init.collector
    this.#logger = init.logger ?? silentLogger
    this.#subscription = init.mutations.observe((deletions) => this.#onWrite(deletions))
    if (startupDelayMs > 0) {
      this.#deletions = 1 // what the last life of the daemon left
      this.#schedule(startupDelayMs)
    }
  }

  /**
   * Runs a cycle after the schedule delay and waits for it.
   * @throws {UnknownError} it failed; the original's code for it @throws {UnavailableError} the scheduler is closed
   */
  async collect({ signal }: CallOptions = {}): Promise<GcStats> {
    signal?.throwIfAborted()
    if (this.#closed) throw new UnavailableError('garbage collection is stopped')
    const stats = new Promise<GcStats>((resolve, reject) => this.#waiters.push({ resolve, reject }))
    stats.catch(() => {}) // a waiter may have given up
    this.#schedule(this.config.scheduleDelayMs)
    return await untilAborted(stats, signal)
  }

  /** Lets the run under way end; runs no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#subscription[Symbol.dispose]()
    clearTimeout(this.#timer)
    await this.#running
    for (const { reject } of this.#waiters.splice(0)) reject(new UnavailableError('garbage collection is stopped'))
  }

  #onWrite(deletions: boolean): void {
    this.#mutations++
    if (deletions) this.#deletions++
    const { deletionThreshold, scheduleDelayMs } = this.config
    if (deletionThreshold > 0 && this.#deletions >= deletionThreshold) this.#schedule(scheduleDelayMs)
    else if (this.#isDue()) this.#schedule(Math.max(scheduleDelayMs, this.#notBefore - Date.now()))
  }

  #isDue(): boolean {
    const { mutationThreshold } = this.config
    return (
      this.#deletions > 0 || this.#waiters.length > 0 || (mutationThreshold > 0 && this.#mutations >= mutationThreshold)
    )
  }

  /** Arms the timer unless it fires sooner anyway; while a cycle runs, the next one waits for its end. */
  #schedule(delayMs: number): void {
    const dueAt = Date.now() + delayMs
    if (this.#closed || dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    if (this.#running !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#start(), Math.max(delayMs, 0))
    this.#timer.unref()
  }

  #start(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      const asked = this.#dueAt
      this.#dueAt = Number.POSITIVE_INFINITY
      if (asked < Number.POSITIVE_INFINITY) this.#schedule(asked - Date.now())
      if (this.#isDue()) this.#schedule(this.#intervalMs)
    })
  }

  async #run(): Promise<void> {
    const waiters = this.#waiters.splice(0)
    const before = { deletions: this.#deletions, mutations: this.#mutations }
    this.#deletions = 0
    this.#mutations = 0
    try {
      const stats = await this.#collector.collect()
      this.#runs++
      this.#totalMs += stats.elapsedMs
      const { pauseThreshold } = this.config
      const averageMs = Math.max(this.#totalMs / this.#runs, shortestRunMs)
      if (pauseThreshold > 0) this.#intervalMs = averageMs / pauseThreshold - averageMs
      for (const { resolve } of waiters) resolve(stats)
    } catch (error) {
      this.#logger.error('garbage collection failed', { error })
      this.#deletions += before.deletions
      this.#mutations += before.mutations
      this.#intervalMs =
        this.#runs === 0 ? this.config.scheduleDelayMs + initialIntervalMs : this.#intervalMs + initialIntervalMs
      for (const { reject } of waiters) reject(new UnknownError('gc failed', { cause: error }))
    }
    this.#notBefore = Date.now() + this.#intervalMs
  }
}
