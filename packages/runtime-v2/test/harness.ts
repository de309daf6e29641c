// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { deserialize, serialize } from 'node:v8'
import type { NewExec, NewTask } from '@containerd-ts/core'
import { fromWireStatus } from '@containerd-ts/errdefs'
import {
  busyboxRootfs,
  goPeers,
  privateMounts,
  tempRoot,
  type PrivateMounts,
  type TempRoot,
} from '@containerd-ts/testkit'
import type { DriverConfig, DriverRequest, SeenEvent } from './driver.ts'

const NAMESPACE = 'test'

/** A mount namespace with a task manager in it that can be killed and started again. */
export class ManagerRig implements AsyncDisposable {
  readonly dir: TempRoot
  readonly mounts: PrivateMounts
  #driver: Driver | undefined
  readonly #undo: AsyncDisposableStack

  readonly #runtime: string

  private constructor(dir: TempRoot, mounts: PrivateMounts, undo: AsyncDisposableStack, runtime: string) {
    this.#runtime = runtime
    this.dir = dir
    this.mounts = mounts
    this.#undo = undo
  }

  static async open(timeouts: DriverConfig['timeouts'] = {}, runtime = 'io.containerd.runc.v2'): Promise<ManagerRig> {
    await using undo = new AsyncDisposableStack()
    const dir = undo.use(await tempRoot('rt2-'))
    const rootfs = dir.join('rootfs')
    await mkdir(rootfs)
    await busyboxRootfs(rootfs)
    const mounts = undo.use(await privateMounts())
    const rig = new ManagerRig(dir, mounts, undo.move(), runtime)
    await rig.start(timeouts)
    return rig
  }

  async start(timeouts: DriverConfig['timeouts'] = {}): Promise<void> {
    this.#driver = await Driver.start(this.mounts, { dir: this.dir.path, ...(timeouts !== undefined && { timeouts }) })
  }

  /** kill -9 of the daemon. */
  async crash(): Promise<void> {
    await this.#driver?.kill()
    this.#driver = undefined
  }

  async call<T>(id: string, method: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#driver === undefined) throw new Error('no manager runs')
    return (await this.#driver.call({ namespace: NAMESPACE, id, method, args })) as T
  }

  async create(id: string, args: readonly string[], more: Partial<NewTask> = {}): Promise<{ pid: number }> {
    return await this.call(id, 'create', { ...this.task(id, args), ...more })
  }

  task(id: string, args: readonly string[]): Omit<NewTask, 'id'> {
    return {
      runtime: this.#runtime,
      spec: specOf(id, args),
      rootfs: [{ type: 'bind', source: this.dir.join('rootfs'), options: ['rbind', 'ro'] }],
      stdin: '',
      stdout: `file://${this.dir.join(`${id}.out`)}`,
      stderr: `file://${this.dir.join(`${id}.out`)}`,
      terminal: false,
    }
  }

  exec(id: string, execId: string, args: readonly string[]): NewExec {
    const process = { args, cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }
    const out = `file://${this.dir.join(`${id}-${execId}.out`)}`
    const value = Buffer.from(JSON.stringify(process))
    const spec = { typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Process', value }
    return { execId, spec, stdin: '', stdout: out, stderr: out, terminal: false }
  }

  output(name: string): Promise<string> {
    return readFile(this.dir.join(`${name}.out`), 'utf8')
  }

  async events(containerId?: string): Promise<SeenEvent[]> {
    const all = await this.call<SeenEvent[]>('', 'events')
    return all.filter((event) => containerId === undefined || event.containerId === containerId)
  }

  bundle(id: string): string {
    return this.dir.join('state', NAMESPACE, id)
  }

  work(id: string): string {
    return this.dir.join('root', NAMESPACE, id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash()
    await this.#undo.disposeAsync()
  }
}

class Driver {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ready = Promise.withResolvers<void>()
  #number = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null) throw new Error('no stdout')
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line))
    child.once('exit', (code, signal) => this.#onExit(new Error(`manager ended: ${signal ?? code}`)))
  }

  static async start(mounts: PrivateMounts, config: DriverConfig): Promise<Driver> {
    const { binDir, env } = goPeers()
    const argument = serialize(config).toString('base64')
    const node = ['--conditions=@containerd-ts/source', join(import.meta.dirname, 'driver.ts'), argument]
    const { program, args } = mounts.enter(process.execPath, node)
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...env, PATH: `${binDir}:${process.env['PATH']}:/usr/sbin:/sbin`, NODE_OPTIONS: '' },
    })
    child.stderr.pipe(createWriteStream(join(config.dir, 'manager.log'), { flags: 'a' }))
    const driver = new Driver(child)
    await driver.#ready.promise.catch(async (cause: unknown) => {
      throw new Error(await readFile(join(config.dir, 'manager.log'), 'utf8'), { cause })
    })
    return driver
  }

  call(request: Omit<DriverRequest, 'number'>): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>()
    const number = ++this.#number
    this.#waiting.set(number, waiting)
    this.#child.stdin?.write(`${serialize({ ...request, number }).toString('base64')}\n`)
    return waiting.promise
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #onLine(line: string): void {
    const answer = deserialize(Buffer.from(line, 'base64')) as {
      ready?: boolean
      number: number
      value?: unknown
      error?: { code: number; message: string }
    }
    if (answer.ready === true) {
      this.#ready.resolve()
      return
    }
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if (answer.error === undefined) waiting?.resolve(answer.value)
    else waiting?.reject(fromWireStatus(answer.error.code, answer.error.message))
  }

  #onExit(error: Error): void {
    this.#ready.reject(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

function specOf(id: string, args: readonly string[]): { typeUrl: string; value: Uint8Array } {
  const spec = {
    ociVersion: '1.0.2',
    process: { args, cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
    ],
    linux: {
      cgroupsPath: `/ctd-rt2-${process.pid}-${id}`,
      namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'ipc' }, { type: 'uts' }],
    },
  }
  const typeUrl = 'types.containerd.io/opencontainers/runtime-spec/1/Spec'
  return { typeUrl, value: Buffer.from(JSON.stringify(spec)) }
}
