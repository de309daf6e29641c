// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { FailedPreconditionError, NotFoundError } from '@containerd-ts/errdefs'
import type { Logger } from '@containerd-ts/core'
import { parseConfig } from './config.ts'
import type { ConfigTable } from './config.ts'
import { pluginUri } from './definition.ts'
import type { AnyPlugin, DaemonInfo, PluginContext, PluginMeta } from './definition.ts'
import { isSkipPlugin } from './errors.ts'
import { loadOrder } from './order.ts'
import type { PluginRecord, PluginState } from './record.ts'
import type { Slot } from './slot.ts'

export interface GraphOptions {
  readonly plugins: readonly AnyPlugin[]
  readonly daemon: DaemonInfo
  readonly logger: Logger
  /** Sections of config.toml by full plugin id. */
  readonly config?: Readonly<Record<string, ConfigTable>> | undefined
  /** Full ids that are not loaded. */
  readonly disabled?: readonly string[] | undefined
  /** Full ids without which the daemon does not start. */
  readonly required?: readonly string[] | undefined
}

/**
 * Initialises plugins one after another, keeps what became of each, and disposes them in reverse order.
 * A plugin that fails takes only those with it that cannot do without.
 */
export class PluginGraph implements AsyncDisposable {
  readonly #records: PluginRecord[] = []
  readonly #stack = new AsyncDisposableStack()
  readonly #stopping = new AbortController()
  readonly #options: GraphOptions

  private constructor(options: GraphOptions) {
    this.#options = options
  }

  /**
   * Loads everything.
   * @throws {FailedPreconditionError} a required plugin failed, was skipped or disabled; what was loaded is disposed
   */
  static async load(options: GraphOptions): Promise<PluginGraph> {
    const graph = new PluginGraph(options)
    try {
      for (const plugin of loadOrder(options.plugins)) await graph.#load(plugin)
      graph.#checkRequired()
    } catch (error) {
      await graph[Symbol.asyncDispose]()
      throw error
    }
    return graph
  }

  /** Every plugin that was tried, in load order. */
  get records(): readonly PluginRecord[] {
    return this.#records
  }

  all<T>(slot: Slot<T>): ReadonlyMap<string, T> {
    const found = new Map<string, T>()
    for (const { type, id, state } of this.#records) {
      if (type === slot.type && state.status === 'ok') found.set(id, state.instance as T)
    }
    return found
  }

  get<T>(slot: Slot<T>): T {
    const found = [...this.all(slot)]
    const [first] = found
    if (first === undefined) throw new NotFoundError(`no plugin of type ${slot.type} is loaded`)
    if (found.length > 1) {
      throw new FailedPreconditionError(
        `more than one plugin of type ${slot.type}: ${found.map(([id]) => id).join(', ')}`,
      )
    }
    return first[1]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#stack.disposeAsync()
  }

  async #load(plugin: AnyPlugin): Promise<void> {
    const uri = pluginUri(plugin)
    const logger = this.#options.logger.child({ id: uri, type: plugin.slot.type })
    if (this.#options.disabled?.includes(uri)) {
      logger.info('plugin is disabled')
      return
    }
    const meta: PluginMeta = { platforms: [], exports: {}, capabilities: [] }
    const state = await this.#init(plugin, meta, logger)
    this.#records.push({
      type: plugin.slot.type,
      id: plugin.id,
      requires: (plugin.requires ?? []).map((slot) => slot.type),
      meta,
      state,
    })
    if (state.status === 'ok') logger.debug('plugin loaded')
    else if (state.status === 'skip') logger.info('plugin skipped', { error: state.error.message })
    else logger.warn('plugin failed to load', { error: state.error.message })
  }

  async #init(plugin: AnyPlugin, meta: PluginMeta, logger: Logger): Promise<PluginState> {
    try {
      const instance = await plugin.init(this.#context(plugin, meta, logger))
      this.#own(instance)
      return { status: 'ok', instance }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      return { status: isSkipPlugin(error) ? 'skip' : 'error', error }
    }
  }

  #context(plugin: AnyPlugin, meta: PluginMeta, logger: Logger): PluginContext<ConfigTable> {
    const uri = pluginUri(plugin)
    const { daemon, config } = this.#options
    const raw = [uri, ...(plugin.aliases ?? []).map((id) => `${plugin.slot.type}.${id}`)]
      .map((name) => config?.[name])
      .find((section) => section !== undefined)
    const parsed = parseConfig(uri, plugin.defaults ?? {}, raw ?? {})
    for (const key of parsed.unknownKeys) logger.warn('unknown key in configuration', { key })
    return {
      config: parsed.config,
      rootDir: join(daemon.root, uri),
      stateDir: join(daemon.state, uri),
      daemon,
      logger,
      meta,
      signal: this.#stopping.signal,
      records: this.#records,
      get: (slot) => this.get(slot),
      getById: (slot, id) => this.all(slot).get(id),
      all: (slot) => this.all(slot),
    }
  }

  #own(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null) return
    if (Symbol.asyncDispose in instance) this.#stack.use(instance as AsyncDisposable)
    else if (Symbol.dispose in instance) this.#stack.use(instance as Disposable)
  }

  #checkRequired(): void {
    for (const uri of this.#options.required ?? []) {
      const record = this.#records.find(({ type, id }) => `${type}.${id}` === uri)
      if (record?.state.status === 'ok') continue
      if (record === undefined) throw new FailedPreconditionError(`required plugin ${uri} is not loaded`)
      throw new FailedPreconditionError(`required plugin ${uri} did not load`, { cause: record.state.error })
    }
  }
}
