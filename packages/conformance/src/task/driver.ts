// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { packMessage } from '@containerd-ts/api'
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { Task as TaskV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { native } from '@containerd-ts/native-sys'
import { encodeOptions, encodeParams, parseStartOutput } from '@containerd-ts/shim-bootstrap'
import type { BootstrapResult } from '@containerd-ts/shim-bootstrap'
import { createTtrpcClient, TtrpcConnection } from '@containerd-ts/ttrpc'
import type { TtrpcClient } from '@containerd-ts/ttrpc'
import { writeBundle } from './bundle.ts'
import type { BundleRequest } from './bundle.ts'
import { EventLog } from './event-log.ts'
import { ClientStreams } from './streams.ts'

/** A shim to test, and a place where it may do as it likes. */
export interface TaskShimFixture extends AsyncDisposable {
  /** Path of the executable. */
  readonly shim: string
  /** Turns a command into one that runs where `/run/containerd` is nobody else's. */
  enter(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] }
  /** A path of that place as it looks from here. */
  fromHere(path: string): string
  /** A busybox root file system, shared by all containers. */
  readonly rootfs: string
  readonly env: NodeJS.ProcessEnv
}

export interface CommandOutput {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

export type TaskClient = TtrpcClient<typeof TaskV3>

/** One container's way through a shim. */
export interface DrivenShim {
  readonly id: string
  readonly bundle: string
  readonly result: BootstrapResult
  readonly task: TaskClient
  readonly connection: TtrpcConnection
}

const NAMESPACE = 'conformance'

/** Plays the daemon for one test: bundles, start, connections, events; leaves nothing. */
export class TaskDriver implements AsyncDisposable {
  readonly events = new EventLog()
  readonly #fixture: TaskShimFixture
  readonly #undo = new AsyncDisposableStack()
  readonly #version: 2 | 3
  readonly #stdin: 'params' | 'options'
  readonly directory: string
  #logs: number[] = []

  private constructor(fixture: TaskShimFixture, version: 2 | 3, stdin: 'params' | 'options', directory: string) {
    this.#fixture = fixture
    this.#version = version
    this.#stdin = stdin
    this.directory = directory
  }

  static async open(fixture: TaskShimFixture, version: 2 | 3, stdin: 'params' | 'options'): Promise<TaskDriver> {
    const driver = new TaskDriver(fixture, version, stdin, await mkdtemp(join(tmpdir(), 'task-')))
    driver.#undo.use(fixture)
    driver.#undo.defer(() => rm(driver.directory, { recursive: true, force: true }))
    driver.#undo.defer(() => removeCgroups(basename(driver.directory)))
    driver.#undo.use(driver.events)
    await mkdir(join(driver.directory, 'ns'))
    await driver.events.listen(driver.ttrpcAddress)
    return driver
  }

  get ttrpcAddress(): string {
    return join(this.directory, 'c.sock.ttrpc')
  }

  get options() {
    return packMessage(OptionsSchema, { root: join(this.directory, 'runc') })
  }

  bundleOf(id: string): string {
    return join(this.directory, 'ns', id)
  }

  /** Runs `start` for a fresh bundle and connects. Disposal of the driver deletes what the test left. */
  async start(id: string, request: BundleRequest): Promise<DrivenShim> {
    const bundle = this.bundleOf(id)
    await writeBundle(bundle, join('/', basename(this.directory), id), request)
    await native.makeFifo(join(bundle, 'log'), 0o700)
    this.#logs.push(await native.openFifo(join(bundle, 'log'), { access: 'read-write' }))
    this.#undo.defer(() => this.#sweep(id))
    const output = await this.command(id, 'start', this.#startInput(id))
    if (output.status !== 0) throw new Error(`start: ${output.stdout.toString()} ${output.stderr}`)
    const result = parseStartOutput(output.stdout)
    const connection = await this.connect(result)
    return { id, bundle, result, connection, task: this.client(connection) }
  }

  async connect({ address }: BootstrapResult): Promise<TtrpcConnection> {
    const connection = await TtrpcConnection.connect(this.socketPath(address))
    this.#undo.use(connection)
    return connection
  }

  socketPath(address: string): string {
    return this.#fixture.fromHere(address.replace('unix://', ''))
  }

  client(connection: TtrpcConnection, version = this.#version): TaskClient {
    // Both versions have the same methods and messages; only the package's name differs.
    const service = version === 3 ? TaskV3 : (TaskV2 as unknown as typeof TaskV3)
    return createTtrpcClient(service, connection, { namespace: NAMESPACE, timeoutMs: 40_000 })
  }

  /** The request for Create, with the shared root file system as a bind mount. */
  createRequest(shim: DrivenShim, streams: Partial<ClientStreams> & { readonly terminal?: boolean } = {}) {
    const { stdin = '', stdout = '', stderr = '', terminal = false } = streams
    const rootfs = [{ type: 'bind', source: this.#fixture.rootfs, target: '', options: ['rbind', 'rw'] }]
    return { id: shim.id, bundle: shim.bundle, rootfs, stdin, stdout, stderr, terminal, options: this.options }
  }

  /** Start, Create and Start in one go, with no streams unless given. */
  async run(
    id: string,
    request: BundleRequest,
    streams?: ClientStreams,
  ): Promise<DrivenShim & { readonly pid: number }> {
    const shim = await this.start(id, request)
    await shim.task.create(this.createRequest(shim, { ...pathsOf(streams), terminal: request.terminal ?? false }))
    const { pid } = await shim.task.start({ id, execId: '' })
    return { ...shim, pid }
  }

  async streams(
    id: string,
    options?: { readonly stdin?: boolean; readonly terminal?: boolean },
  ): Promise<ClientStreams> {
    const streams = await ClientStreams.open(this.directory, id, options)
    this.#undo.use(streams)
    return streams
  }

  /** Runs the shim's executable in the bundle, as the daemon would. */
  command(id: string, action: 'start' | 'delete', input: Uint8Array = new Uint8Array(0)): Promise<CommandOutput> {
    const bundle = this.bundleOf(id)
    const flags = [
      '-namespace',
      NAMESPACE,
      '-address',
      join(this.directory, 'c.sock'),
      '-publish-binary',
      '/bin/true',
      '-id',
      id,
    ]
    const own = action === 'delete' ? ['-bundle', bundle, 'delete'] : ['start']
    return this.execute(bundle, [...flags, ...own], input)
  }

  async execute(cwd: string, args: readonly string[], input: Uint8Array = new Uint8Array(0)): Promise<CommandOutput> {
    const script = 'cd "$1" && shift && exec "$@"'
    const inside = this.#fixture.enter('sh', ['-c', script, 'sh', cwd, this.#fixture.shim, ...args])
    const env = {
      ...this.#fixture.env,
      TTRPC_ADDRESS: this.ttrpcAddress,
      GRPC_ADDRESS: join(this.directory, 'c.sock'),
      GOMAXPROCS: '2',
    }
    const child = spawn(inside.program, [...inside.args], { env })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin.on('error', () => {}) // it need not read its input
    child.stdin.end(input)
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? -1))
    })
    return { status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }
  }

  /** Lines of `runc ps` and the like are not asked for: what the kernel says counts. */
  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync()
    for (const fd of this.#logs) native.close(fd)
    this.#logs = []
  }

  #startInput(id: string): Uint8Array {
    if (this.#stdin === 'options') return encodeOptions(this.options)
    return encodeParams({
      id,
      namespace: NAMESPACE,
      logLevel: 0,
      containerdVersion: '2.3.4',
      ttrpcAddress: this.ttrpcAddress,
      grpcAddress: join(this.directory, 'c.sock'),
      containerdBinary: '/bin/true',
      options: this.options,
    })
  }

  async #sweep(id: string): Promise<void> {
    await this.command(id, 'delete')
  }
}

const pathsOf = (streams: ClientStreams | undefined) =>
  streams === undefined ? {} : { stdin: streams.stdin, stdout: streams.stdout, stderr: streams.stderr }

/** Runtimes remove a container's cgroups but not the parent they made for them. */
async function removeCgroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup'
  for (const hierarchy of ['', ...(await readdir(root))]) {
    await rmdir(join(root, hierarchy, name)).catch(() => {}) // not every entry is a hierarchy with such a cgroup
  }
}
