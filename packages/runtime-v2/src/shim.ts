// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path'
import type { DeletedProcess, EventPublisher, Exit, Logger, Mounter, Namespace } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { deadline } from '@containerd-ts/lifecycle'
import type { BootstrapResult } from '@containerd-ts/shim-bootstrap'
import type { Bundle } from './bundle.ts'
import { removeDeadSocket } from './dead-socket.ts'
import type { ShimBinary } from './shim-binary.ts'
import type { TaskApi } from './task-api.ts'
import type { ShimTimeouts } from './timeouts.ts'

/** Status of an init of which nobody knows how it ended. */
const UNKNOWN_STATUS = 255

/** What a shim needs of its surroundings. */
export interface ShimContext {
  readonly events: EventPublisher
  readonly mounter: Pick<Mounter, 'unmountAll'>
  readonly logger: Logger
  readonly timeouts: ShimTimeouts
}

export interface ShimParts {
  readonly bundle: Bundle
  readonly api: TaskApi
  readonly log: AsyncDisposable
  readonly endpoint: BootstrapResult
  /** Absent for a task that joined a sandbox's shim by address: nobody cleans up after it until the next start. */
  readonly binary: ShimBinary | undefined
  /** Whether the shim is a sandbox's, which the end of a task in it does not end. */
  readonly sandboxed: boolean
}

type ShimState =
  | { readonly at: 'live' }
  /** Delete and Shutdown both succeeded: nothing can be left for the clean-up action. */
  | { readonly at: 'released'; readonly deleted: DeletedProcess }
  /** Left alone, for the next daemon. */
  | { readonly at: 'detached' }
  | { readonly at: 'cleaning'; readonly outcome: Promise<DeletedProcess> }

/**
 * A shim this daemon is connected to. Whichever way it goes, by delete or by a lost connection, it is cleaned up
 * exactly once.
 */
export class Shim {
  readonly bundle: Bundle
  readonly api: TaskApi
  readonly #context: ShimContext
  readonly #log: AsyncDisposable
  readonly #endpoint: BootstrapResult
  readonly #binary: ShimBinary | undefined
  readonly #sandboxed: boolean
  #state: ShimState = { at: 'live' }

  constructor(parts: ShimParts, context: ShimContext) {
    this.bundle = parts.bundle
    this.api = parts.api
    this.#log = parts.log
    this.#endpoint = parts.endpoint
    this.#binary = parts.binary
    this.#sandboxed = parts.sandboxed
    this.#context = context
  }

  get namespace(): Namespace {
    return this.bundle.namespace
  }

  get id(): string {
    return this.bundle.id
  }

  /** Whether this daemon joined the task to its sandbox's shim, so that nobody cleans up after it yet. */
  get joined(): boolean {
    return this.#binary === undefined
  }

  get runtimePath(): string {
    return this.#binary?.path ?? ''
  }

  /** Whether a call failed because there is nothing to call any more: no such process, or no shim. */
  isGone(error: unknown): boolean {
    return isNotFound(error) || this.api.isLost(error)
  }

  /** Asks the shim to end itself, within the limit; a shim that serves other containers stays. */
  async shutdown(): Promise<boolean> {
    if (this.#sandboxed) return true
    using limit = deadline(this.#context.timeouts.shutdownMs, undefined, `shutdown of shim ${this.id}`)
    try {
      await this.api.calls.shutdown({ id: this.id }, { signal: limit.signal })
      return true
    } catch (error) {
      if (this.api.isLost(error)) return true
      this.#context.logger.warn('shim shutdown failed', { namespace: this.namespace, id: this.id, error })
      return false
    }
  }

  /** Says that the shim has let go of everything itself, and how the init had ended. */
  release(deleted: DeletedProcess): void {
    if (this.#state.at === 'live') this.#state = { at: 'released', deleted }
  }

  /** Ends the connection and nothing else. */
  async detach(): Promise<void> {
    if (this.#state.at === 'live') this.#state = { at: 'detached' }
    await this.api[Symbol.asyncDispose]()
    await this.#log[Symbol.asyncDispose]()
  }

  /**
   * Ends the connection, runs the clean-up action where it can still have something to do, and removes the bundle.
   * The first call does it, later ones get its answer; what fails is logged.
   * @returns how the init ended as far as anybody knows; nothing for a shim that was left alone
   */
  async cleanUp(): Promise<DeletedProcess | undefined> {
    if (this.#state.at === 'detached') return undefined
    if (this.#state.at !== 'cleaning') {
      const deleted = this.#state.at === 'released' ? this.#state.deleted : undefined
      this.#state = { at: 'cleaning', outcome: this.#cleanUp(deleted) }
    }
    return await this.#state.outcome
  }

  async #cleanUp(released: DeletedProcess | undefined): Promise<DeletedProcess> {
    await this.api[Symbol.asyncDispose]()
    const deleted = (await this.#runDelete(released !== undefined)) ?? released
    if (!this.joined) await this.#attempt('socket not removed', () => removeDeadSocket(this.#endpoint))
    await this.#attempt('bundle not removed', () => this.bundle.remove(this.#context.mounter))
    await this.#log[Symbol.asyncDispose]()
    const unknown: Exit = { status: UNKNOWN_STATUS, at: { date: new Date(), nanos: 0 } }
    return released ?? deleted ?? { id: this.id, pid: 0, exit: unknown }
  }

  async #runDelete(released: boolean): Promise<DeletedProcess | undefined> {
    const { namespace, id, bundle } = this
    const binary = this.#binary
    // The stock shim's own Delete does all that its action does; others may count on the action always coming.
    if (binary === undefined || (released && basename(binary.path) === 'containerd-shim-runc-v2')) return undefined
    return await this.#attempt('shim clean-up failed', () =>
      binary.delete({ namespace, id, bundle: bundle.path }, (text) =>
        this.#context.logger.warn('shim clean-up', { namespace, id, text }),
      ),
    )
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#context.logger.warn(what, { namespace: this.namespace, id: this.id, error })
      return undefined
    }
  }
}

/** Publishes what the shim could not: the init's exit, and the end of the task. */
export async function publishLoss(
  context: Pick<ShimContext, 'events' | 'logger'>,
  shim: { readonly namespace: Namespace; readonly id: string },
  { pid, exit }: DeletedProcess,
): Promise<void> {
  const fields = { containerId: shim.id, id: shim.id, pid, exitStatus: exit.status, exitedAt: exit.at.date }
  try {
    await context.events.publish(shim.namespace, { topic: '/tasks/exit', ...fields })
    await context.events.publish(shim.namespace, { topic: '/tasks/delete', ...fields })
  } catch (error) {
    context.logger.error('loss of shim not published', { namespace: shim.namespace, id: shim.id, error })
  }
}
