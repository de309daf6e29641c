// SPDX-License-Identifier: Apache-2.0
import { parseFilter, silentLogger } from '@containerd-ts/core'
import type { Container, Logger, Namespace, Task } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { Background, deadline, KeyedLock, Semaphore, sleep } from '@containerd-ts/lifecycle'
import { ContainerRestarter } from './container-restarter.ts'
import type { JudgedTask, RestarterInit } from './container-restarter.ts'
import { decideRestart } from './restart-decision.ts'
import { RestartLabel, restartWish } from './restart-labels.ts'

export interface RestartMonitorInit extends RestarterInit {
  /** From one look at all containers to the next, in milliseconds. */
  readonly intervalMs: number
  readonly logger?: Logger | undefined
  /** How long bringing one task where it should be may take. Default 30 s. */
  readonly changeTimeoutMs?: number | undefined
}

const defaultChangeTimeoutMs = 30_000
/** Containers that are worked on at a time. */
const width = 8

const labelled = parseFilter(`labels."${RestartLabel.status}"`)

/**
 * Keeps tasks where the labels of their containers want them, looking at once and then in intervals.
 * A container that is still being worked on is left out of further rounds; what fails for one is logged and tried again
 * in the next round, and nothing waits for it. Disposal ends the rounds and lets changes that have begun come to their
 * end, so that no container is left between two tasks.
 */
export class RestartMonitor implements AsyncDisposable {
  readonly #init: RestartMonitorInit
  readonly #logger: Logger
  readonly #restarter: ContainerRestarter
  readonly #background: Background
  readonly #busy = new KeyedLock()
  readonly #places = new Semaphore(width)
  /** Tasks that were made and not yet started a round ago. */
  readonly #waiting = new WeakSet<Task>()

  constructor(init: RestartMonitorInit) {
    this.#init = init
    this.#logger = init.logger ?? silentLogger
    this.#restarter = new ContainerRestarter(init)
    this.#background = new Background((error) => this.#logger.error('looking for containers failed', { error }))
    this.#background.run((signal) => this.#run(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#background[Symbol.asyncDispose]()
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#round(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#logger.error('looking for containers failed', { error })
      }
      await sleep(this.#init.intervalMs, signal)
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { metadata } = this.#init
    for await (const { name } of metadata.namespaces.list({ signal })) {
      for await (const { id } of metadata.in(name).containers.list([labelled], { signal })) this.#visit(name, id)
    }
  }

  #visit(namespace: Namespace, id: string): void {
    const held = this.#busy.tryAcquire(`${namespace}/${id}`)
    if (held === undefined) return
    this.#background.run(async (signal) => {
      using _held = held
      try {
        await this.#places.run(() => this.#settle(namespace, id, signal), signal)
      } catch (error) {
        if (!signal.aborted) this.#logger.error('container is not where it should be', { namespace, id, error })
      }
    })
  }

  /** Decides on what is there now: the round's list may be old by the time a place is free. */
  async #settle(namespace: Namespace, id: string, signal: AbortSignal): Promise<void> {
    const container = await this.#find(namespace, id)
    const wish = container === undefined ? undefined : restartWish(container.labels)
    if (container === undefined || wish === undefined) return
    const judged = await this.#restarter.look(namespace, id, { signal })
    const decision = decideRestart(wish, judged?.state)
    if (decision === 'leave' || this.#isInHand(container, judged)) return
    signal.throwIfAborted()
    using limit = deadline(this.#init.changeTimeoutMs ?? defaultChangeTimeoutMs, undefined, `${decision} of task ${id}`)
    if (decision === 'stop' && judged !== undefined) await this.#restarter.stop(judged, limit)
    if (decision === 'start') await this.#restarter.start(namespace, container, wish.count + 1, judged, limit)
    this.#logger.info(decision === 'start' ? 'container started' : 'container stopped', { namespace, id })
  }

  /** Whether a client seems to be between making the container and starting its task. */
  #isInHand(container: Container, judged: JudgedTask | undefined): boolean {
    if (judged === undefined) return Date.now() - container.createdAt.getTime() < this.#init.intervalMs
    if (judged.state.status !== 'created' || this.#waiting.has(judged.task)) return false
    this.#waiting.add(judged.task)
    return true
  }

  async #find(namespace: Namespace, id: string): Promise<Container | undefined> {
    try {
      return await this.#init.metadata.in(namespace).containers.get(id)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
}
