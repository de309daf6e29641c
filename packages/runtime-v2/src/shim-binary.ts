// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { DeleteResponseSchema } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { preciseTime } from '@containerd-ts/api'
import type { DeletedProcess, Namespace, TypedAny } from '@containerd-ts/core'
import { UnimplementedError, UnknownError } from '@containerd-ts/errdefs'
import { deadline } from '@containerd-ts/lifecycle'
import {
  encodeOptions,
  encodeStartInput,
  inputFormOf,
  launchesDirectly,
  launchServer,
  parseStartOutput,
  RUNC_GROUP_ANNOTATIONS,
  serverOomScore,
  shimCgroupOf,
  type BootstrapResult,
  type InputForm,
  type StartParams,
} from '@containerd-ts/shim-bootstrap'
import { runShim, type ShimOutput, type ShimSyscalls } from './run-shim.ts'
import type { ShimTimeouts } from './timeouts.ts'

/** What shims are told about this daemon. */
export interface DaemonIdentity {
  readonly grpcAddress: string
  readonly ttrpcAddress: string
  /** Passed as `-publish-binary`. */
  readonly containerdBinary: string
  readonly containerdVersion: string
  /** Where shims put their sockets; shims before 2.3 use `/run/containerd/s` regardless. */
  readonly socketDir?: string | undefined
  /** More environment for `start`. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Ask shims to log debug lines. */
  readonly debug?: boolean | undefined
}

/** The container or sandbox that a shim command is about. */
export interface ShimSubject {
  readonly namespace: Namespace
  readonly id: string
  /** Absolute path of the bundle; `start` and `delete` run in it. */
  readonly bundle: string
}

/** What is known of an executable as long as it is not replaced. */
interface ShimTraits {
  readonly stamp: string
  readonly form: InputForm
  /** Its server can be launched without its `start`. */
  readonly direct: boolean
}

/** One shim executable: its three commands, in the form that its version understands. */
export class ShimBinary {
  readonly path: string
  readonly #sys: ShimSyscalls
  readonly #daemon: DaemonIdentity
  readonly #timeouts: ShimTimeouts
  readonly #inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  #traits: ShimTraits | undefined

  constructor(path: string, sys: ShimSyscalls, daemon: DaemonIdentity, timeouts: ShimTimeouts) {
    this.path = path
    this.#sys = sys
    this.#daemon = daemon
    this.#timeouts = timeouts
  }

  /**
   * Starts a shim, or joins the one that serves the group already.
   * @throws {UnknownError} with what the shim printed
   */
  async start(subject: ShimSubject, options: TypedAny | undefined, signal?: AbortSignal): Promise<BootstrapResult> {
    using limit = deadline(this.#timeouts.startMs, signal, `start of shim ${subject.id}`)
    const { form, direct } = await this.#traitsOf(subject.bundle, limit.signal)
    if (direct && this.#launchesPlainly) return await this.#launch(subject, options)
    const first = await this.#start(subject, options, form === 'options' ? 'options' : 'params', limit.signal)
    if (first.status === 0 || form !== 'unknown') return answerOf(first)
    const second = await this.#start(subject, options, 'options', limit.signal)
    return answerOf(second.status === 0 ? second : first)
  }

  /**
   * Cleans up after a shim that is gone; nothing left to clean is success.
   * @returns what became of the init
   * @throws {UnknownError} with what the shim printed
   */
  async delete({ namespace, id, bundle }: ShimSubject, onWarning: (text: string) => void): Promise<DeletedProcess> {
    using limit = deadline(this.#timeouts.cleanupMs, undefined, `clean-up of shim ${id}`)
    const args = [...this.#flags(namespace, id), '-bundle', bundle, ...this.#debugFlag(), 'delete']
    const command = { path: this.path, args, env: this.#env(namespace, {}), cwd: bundle, stdin: new Uint8Array(0) }
    const { status, stdout, stderr } = await runShim(this.#sys, command, limit.signal)
    const text = Buffer.from(stderr).toString().trim()
    if (status !== 0) throw new UnknownError(`${text}: exit status ${status}`)
    if (text !== '') onWarning(text)
    const { pid, exitStatus, exitedAt } = fromBinary(DeleteResponseSchema, stdout)
    const at = preciseTime(exitedAt) ?? { date: new Date(), nanos: 0 }
    return { id, pid: pid === 0xffffffff ? 0 : pid, exit: { status: exitStatus, at } }
  }

  /** Encoded RuntimeInfo. @throws {UnimplementedError} the shim does not know `-info` */
  async info(options: TypedAny | undefined, signal?: AbortSignal): Promise<Uint8Array> {
    using limit = deadline(this.#timeouts.startMs, signal, `info of ${this.path}`)
    const command = {
      path: this.path,
      args: ['-info'],
      env: this.#env('' as Namespace, {}),
      cwd: dirname(this.path),
      stdin: encodeOptions(options),
    }
    const { status, stdout, stderr } = await runShim(this.#sys, command, limit.signal)
    const text = Buffer.from(stderr).toString().trim()
    if (status === 0) return stdout
    if (text.includes('flag provided but not defined')) throw new UnimplementedError(`${this.path} -info`)
    throw new UnknownError(`failed to run runtime info: ${text}: exit status ${status}`)
  }

  #start(
    subject: ShimSubject,
    options: TypedAny | undefined,
    form: 'params' | 'options',
    signal: AbortSignal,
  ): Promise<ShimOutput> {
    const { namespace, id, bundle } = subject
    const { grpcAddress, ttrpcAddress, containerdBinary, containerdVersion, socketDir, debug, env } = this.#daemon
    const params: StartParams = {
      id,
      namespace,
      logLevel: debug === true ? -4 : 0,
      containerdVersion,
      ttrpcAddress,
      grpcAddress,
      containerdBinary,
      options,
      socketDir,
    }
    const command = {
      path: this.path,
      args: [...this.#flags(namespace, id), ...this.#debugFlag(), 'start'],
      env: this.#env(namespace, env ?? {}),
      cwd: bundle,
      stdin: encodeStartInput(params, form),
    }
    return runShim(this.#sys, command, signal)
  }

  /** Debug sockets and core scheduling are left to `start`. */
  get #launchesPlainly(): boolean {
    const { debug, env } = this.#daemon
    return debug !== true && !(env?.['SCHED_CORE'] ?? process.env['SCHED_CORE'])
  }

  /** What `start` of our own shim would do, without a process for it: a third of what a container's start costs. */
  async #launch({ namespace, id, bundle }: ShimSubject, options: TypedAny | undefined): Promise<BootstrapResult> {
    const { grpcAddress, socketDir, env } = this.#daemon
    const launch = {
      program: { path: this.path, args: [] },
      bundle,
      namespace,
      id,
      grpcAddress,
      socketDir,
      groupAnnotations: RUNC_GROUP_ANNOTATIONS,
      env: this.#env(namespace, env ?? {}),
      debug: false,
      cgroup: options === undefined ? undefined : shimCgroupOf(options),
      oomScoreAdj: serverOomScore(process.pid),
    }
    return (await launchServer(launch, this.#sys)).answer
  }

  /** Asks the binary for its version once, and again after it was replaced. */
  async #traitsOf(cwd: string, signal: AbortSignal): Promise<ShimTraits> {
    const { mtimeMs, size, ino } = await stat(this.path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (this.#traits?.stamp === stamp) return this.#traits
    const command = {
      path: this.path,
      args: ['-v'],
      env: this.#env('' as Namespace, {}),
      cwd,
      stdin: new Uint8Array(0),
    }
    const { stdout } = await runShim(this.#sys, command, signal)
    const [name, answer] = [basename(this.path), Buffer.from(stdout).toString()]
    const direct = launchesDirectly(name, answer, this.#daemon.containerdVersion)
    this.#traits = { stamp, form: inputFormOf(name, answer), direct }
    return this.#traits
  }

  #flags(namespace: Namespace, id: string): string[] {
    const { grpcAddress, containerdBinary } = this.#daemon
    return ['-namespace', namespace, '-address', grpcAddress, '-publish-binary', containerdBinary, '-id', id]
  }

  #debugFlag(): string[] {
    return this.#daemon.debug === true ? ['-debug'] : []
  }

  #env(namespace: Namespace, more: Readonly<Record<string, string>>): Record<string, string> {
    const { grpcAddress, ttrpcAddress } = this.#daemon
    return {
      ...this.#inherited,
      GOMAXPROCS: '2',
      MAX_SHIM_VERSION: '2',
      TTRPC_ADDRESS: ttrpcAddress,
      GRPC_ADDRESS: grpcAddress,
      NAMESPACE: namespace,
      ...more,
    }
  }
}

/** What the shim writes to stderr never mixes into its answer. */
function answerOf({ status, stdout, stderr }: ShimOutput): BootstrapResult {
  if (status === 0) return parseStartOutput(stdout)
  const text = [stdout, stderr].map((bytes) => Buffer.from(bytes).toString().trim()).filter((part) => part !== '')
  throw new UnknownError(`start failed: ${text.join('\n')}: exit status ${status}`)
}
