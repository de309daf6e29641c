// SPDX-License-Identifier: Apache-2.0
import { Command } from '@oclif/core'
import type { Config } from '@oclif/core'
import { connectContainerd, defaultSnapshotter } from '@containerd-ts/client'
import type { ContainerdClient, NamespaceClient } from '@containerd-ts/client'
import { parseNamespace } from '@containerd-ts/core'
import type { Snapshotter } from '@containerd-ts/core'
import { errnoOf, UnavailableError } from '@containerd-ts/errdefs'
import { accessSync } from 'node:fs'
import type { GlobalFlags } from './global-flags.ts'
import type { Interrupts } from './interrupts.ts'
import { writeText } from '../output/write-bytes.ts'
import { warnOfDeprecations } from './deprecation-warnings.ts'

/** The original's. */
const defaultConnectMs = 10_000

/** What every command receives beside its own arguments. */
export interface CommandContext {
  readonly global: GlobalFlags
  readonly interrupts: Interrupts
}

/** What oclif's class needs to be made and run. */
export interface CommandClass {
  new (argv: string[], config: Config): CtrCommand<unknown>
  readonly flags: typeof Command.flags
  readonly args: typeof Command.args
  readonly strict: boolean
  readonly summary?: string | undefined
  readonly usage?: string | string[] | undefined
}

/** Base of all commands: parses, calls the client, prints. */
export abstract class CtrCommand<T> extends Command {
  static override flags = {}
  static override args = {}
  #context: CommandContext | undefined
  /** Exit status of the program when the command succeeds: that of the process it ran, where it ran one. */
  exitStatus = 0

  /** Runs the command and answers its result, for `--json`. */
  async execute(context: CommandContext): Promise<T> {
    this.#context = context
    return (await this._run()) as T
  }

  abstract override run(): Promise<T>

  override async catch(error: Error): Promise<never> {
    throw error
  }

  protected get context(): CommandContext {
    if (this.#context === undefined) throw new Error('command is not running')
    return this.#context
  }

  protected get global(): GlobalFlags {
    return this.context.global
  }

  /** Fires at Ctrl-C, SIGTERM and when `--timeout` is over. */
  protected get signal(): AbortSignal {
    return this.context.interrupts.signal
  }

  /** Text for a person; nothing where a JSON document was asked for. */
  protected print(text: string): void {
    if (!this.global.json) writeText(1, text)
  }

  protected printLine(text = ''): void {
    this.print(`${text}\n`)
  }

  /** A warning on standard error, as the original logs it. */
  override warn(message: string | Error): string | Error {
    const time = `${new Date().toISOString().slice(0, 19)}Z`
    const text = message instanceof Error ? message.message : message
    writeText(2, `time="${time}" level=warning msg=${JSON.stringify(text)}\n`)
    return message
  }

  /** Connects to the daemon that the global flags name. @throws {UnavailableError} the socket does not exist */
  protected connect(): ContainerdClient {
    const { address, connectTimeoutMs } = this.global
    const path = address.replace(/^unix:\/\//, '')
    try {
      accessSync(path)
    } catch (cause) {
      const reason = errnoOf(cause) === 'ENOENT' ? 'no such file or directory' : 'permission denied'
      throw new UnavailableError(`cannot access socket ${path}: ${reason}`)
    }
    const client = connectContainerd({
      address,
      waitForReady: true,
      connectTimeoutMs: connectTimeoutMs > 0 ? connectTimeoutMs : defaultConnectMs,
    })
    return warnOfDeprecations(client)
  }

  /** The snapshotter that a flag names, else the namespace's. */
  protected async snapshotterName(client: ContainerdClient, flag: string | undefined): Promise<string> {
    if (flag !== undefined && flag !== '') return flag
    const namespace = parseNamespace(this.global.namespace)
    return await defaultSnapshotter(client.namespaces, namespace, { signal: this.signal })
  }

  /** Whether the daemon says that a snapshotter has an ability. */
  protected async snapshotterCan(client: ContainerdClient, snapshotter: string, ability: string): Promise<boolean> {
    const plugins = await client.introspection.plugins(['type==io.containerd.snapshotter.v1'], { signal: this.signal })
    return plugins.some(({ id, capabilities }) => id === snapshotter && capabilities.includes(ability))
  }

  protected async snapshotterOf(client: ContainerdClient, flag: string | undefined): Promise<Snapshotter> {
    return this.namespaceOf(client).snapshotter(await this.snapshotterName(client, flag))
  }

  /** Whether the daemon is to move images, rather than this program: where it can and nobody wants otherwise. */
  protected async leavesToDaemon(client: ContainerdClient, { local }: { readonly local: boolean }): Promise<boolean> {
    if (local) return false
    const plugins = await client.introspection.plugins(['type==io.containerd.transfer.v1'], { signal: this.signal })
    return plugins.some(({ initErr }) => initErr === undefined)
  }

  /** The namespace that the global flags name. */
  protected namespaceOf(client: ContainerdClient): NamespaceClient {
    return client.in(this.global.namespace)
  }
}
