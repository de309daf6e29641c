// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallOptions } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import { runCommand } from './command.ts'
import type { CommandCalls, CommandRequest, CommandResult } from './command.ts'
import { checkpointArgs, createArgs, execArgs, restoreArgs } from './requests.ts'
import type { CheckpointRequest, CreateRequest, ExecRequest, RestoreRequest } from './requests.ts'
import { RuntimeExitError } from './runc-error.ts'

export interface RuncInit {
  /** Name or path of the runtime; default `runc`, looked up in `PATH`. */
  readonly command?: string | undefined
  /** State root, namespace included. */
  readonly root: string
  /** JSON log that the runtime appends to. */
  readonly log: string
  readonly systemdCgroup?: boolean | undefined
  /** Working directory; default: that of this process. */
  readonly cwd?: string | undefined
  /** Default: that of this process without `NOTIFY_SOCKET`. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly sys?: CommandCalls | undefined
}

type Extra = Pick<CommandRequest, 'stdio' | 'input' | 'separate'>

/**
 * A runc-like command line. Each call runs it once and answers when it has ended; an abort kills it.
 * A status other than 0 is a RuntimeExitError; `explainFailure` finds the reason in the log.
 */
export class Runc {
  readonly log: string
  readonly #init: RuncInit
  readonly #sys: CommandCalls

  constructor(init: RuncInit) {
    this.#init = init
    this.log = init.log
    this.#sys = init.sys ?? native
  }

  async create(id: string, request: CreateRequest, options?: CallOptions): Promise<void> {
    await this.#run(createArgs(id, request), options, { stdio: request.stdio })
  }

  async start(id: string, options?: CallOptions): Promise<void> {
    await this.#run(['start', id], options)
  }

  /** Starts a further process; answers once it runs. */
  async exec(id: string, request: ExecRequest, options?: CallOptions): Promise<void> {
    await using file = await processFile(request.process)
    await this.#run(execArgs(id, request, file.path), options, { stdio: request.stdio })
  }

  async kill(id: string, signal: number, options?: CallOptions & { readonly all?: boolean }): Promise<void> {
    await this.#run(['kill', ...(options?.all === true ? ['--all'] : []), id, String(signal)], options)
  }

  async delete(id: string, options?: CallOptions & { readonly force?: boolean }): Promise<void> {
    await this.#run(['delete', ...(options?.force === true ? ['--force'] : []), id], options)
  }

  async pause(id: string, options?: CallOptions): Promise<void> {
    await this.#run(['pause', id], options)
  }

  async resume(id: string, options?: CallOptions): Promise<void> {
    await this.#run(['resume', id], options)
  }

  /** Pids of all processes of the container, in the caller's pid namespace. */
  async ps(id: string, options?: CallOptions): Promise<readonly number[]> {
    const { stdout } = await this.#run(['ps', '--format', 'json', id], options, { separate: true })
    return (JSON.parse(stdout) as readonly number[] | null) ?? []
  }

  /** @param resources - LinuxResources, JSON */
  async update(id: string, resources: Uint8Array, options?: CallOptions): Promise<void> {
    await this.#run(['update', '--resources=-', id], options, { input: resources })
  }

  async checkpoint(id: string, request: CheckpointRequest, options?: CallOptions): Promise<void> {
    await this.#run(checkpointArgs(id, request), options)
  }

  /** Restores from a checkpoint; the container runs when this resolves. */
  async restore(id: string, request: RestoreRequest, options?: CallOptions): Promise<void> {
    await this.#run(restoreArgs(id, request), options, { stdio: request.stdio })
  }

  /** What the runtime can do, JSON as it prints it. Takes no global flags. */
  async features(options?: CallOptions): Promise<string> {
    return (await this.#command(['features'], options, { separate: true })).stdout
  }

  /** Path of the executable. @throws {Error} it is not installed */
  executable(): string {
    const name = this.#name
    const path = this.#sys.findExecutable(name)
    if (path === undefined) throw new Error(`exec: "${name}": executable file not found in $PATH`)
    return path
  }

  get #name(): string {
    const { command } = this.#init
    return command === undefined || command === '' ? 'runc' : command
  }

  #run(args: readonly string[], options?: CallOptions, extra?: Extra): Promise<CommandResult> {
    const { root, log, systemdCgroup } = this.#init
    const global = [
      '--root',
      root,
      '--log',
      log,
      '--log-format',
      'json',
      ...(systemdCgroup === true ? ['--systemd-cgroup'] : []),
    ]
    return this.#command([...global, ...args], options, extra)
  }

  async #command(args: readonly string[], options?: CallOptions, extra?: Extra): Promise<CommandResult> {
    const result = await runCommand(this.#sys, {
      path: this.executable(),
      argv: [this.#name, ...args],
      env: this.#init.env ?? runtimeEnv(),
      cwd: this.#init.cwd,
      signal: options?.signal,
      ...extra,
    })
    if (result.exit.status !== 0) throw new RuntimeExitError(this.#name, result.exit.status, result.output)
    return result
  }
}

/** This process's environment as a runtime gets it: readiness of the shim is not the container's to report. */
export function runtimeEnv(): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && name !== 'NOTIFY_SOCKET') env[name] = value
  }
  return env
}

/** Directory for short-lived files that the runtime opens. */
export const runtimeTempDir = (): string => process.env['XDG_RUNTIME_DIR'] || tmpdir()

async function processFile(content: Uint8Array | string): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(join(runtimeTempDir(), 'runc-process'))
  const path = join(directory, 'process.json')
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    await remove()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}
