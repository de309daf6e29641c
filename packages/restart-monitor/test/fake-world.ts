// SPDX-License-Identifier: Apache-2.0
import { parseNamespace, silentLogger } from '@containerd-ts/core'
import type {
  CallOptions,
  Container,
  Labels,
  Logger,
  Metadata,
  NewContainer,
  NewTask,
  ProcessStatus,
  Task,
} from '@containerd-ts/core'
import { describe as words, NotFoundError } from '@containerd-ts/errdefs'
import { untilAborted } from '@containerd-ts/lifecycle'
import { RestartLabel } from '@containerd-ts/restart-monitor'
import type { RestarterInit } from '@containerd-ts/restart-monitor'

const namespace = parseNamespace('fake')
const spec = { typeUrl: 'spec', value: Buffer.from(JSON.stringify({ process: { terminal: true } })) }

/** Containers and tasks that fail when they are told to, and a record of what was done to them. */
export class FakeWorld {
  readonly done: string[] = []
  readonly errors: string[] = []
  readonly created: NewTask[] = []
  readonly #containers = new Map<string, Container>()
  readonly #tasks = new Map<string, FakeTask>()
  readonly #failures = new Map<string, number>()
  readonly #hanging = new Set<string>()
  readonly #released = Promise.withResolvers<void>()
  #failingLists = 0

  /** A record, an hour old unless told. */
  container(id: string, labels: Labels, createdAt = new Date(Date.now() - 3_600_000)) {
    const runtime = { name: 'fake' }
    const rest = { image: '', snapshotter: 'fake', snapshotKey: id, sandboxId: '', extensions: {} }
    this.#containers.set(id, { id, labels, runtime, spec, createdAt, updatedAt: createdAt, ...rest })
    return {
      task: (status: ProcessStatus, exitStatus = 0): FakeTask => this.#task(id, status, exitStatus),
      failsToStart: (times: number): void => void this.#failures.set(id, times),
      hangsInCreate: (): void => void this.#hanging.add(id),
    }
  }

  isRunning(id: string): boolean {
    return this.#tasks.get(id)?.status === 'running'
  }

  failLists(times: number): void {
    this.#failingLists = times
  }

  /** What hangs goes on. */
  letGo(): void {
    this.#released.resolve()
  }

  get logger(): Logger {
    const error: Logger['error'] = (_message, fields) =>
      this.errors.push(`${String(fields?.['id'])}: ${words(fields?.['error'])}`)
    return { ...silentLogger, error }
  }

  get parts(): RestarterInit {
    return {
      metadata: this.#metadata(),
      tasks: {
        get: (_namespace, id) => {
          const task = this.#tasks.get(id)
          if (task === undefined) throw NotFoundError.of('task', id)
          return task as unknown as Task
        },
        create: (_namespace, task, options) => this.#create(task, options),
        delete: async (_namespace, id) => {
          this.done.push(`delete ${id}`)
          this.#tasks.delete(id)
          return { id, pid: 1, exit: { status: 0, at: { date: new Date(), nanos: 0 } } }
        },
      },
      monitor: {
        monitor: ({ id }) => void this.done.push(`watch ${id}`),
        stop: ({ id }) => void this.done.push(`unwatch ${id}`),
      },
    }
  }

  #task(id: string, status: ProcessStatus, exitStatus: number): FakeTask {
    const task = new FakeTask(id, status, exitStatus, this.done)
    this.#tasks.set(id, task)
    return task
  }

  async #create(task: NewTask, options: CallOptions = {}): Promise<Task> {
    this.done.push(`create ${task.id}`)
    this.created.push(task)
    if (this.#hanging.has(task.id)) await untilAborted(this.#released.promise, options.signal)
    const left = this.#failures.get(task.id) ?? 0
    this.#failures.set(task.id, left - 1)
    if (left > 0) throw new Error('no start')
    return this.#task(task.id, 'created', 0) as unknown as Task
  }

  #metadata(): Metadata {
    const find = (id: string): Container => {
      const container = this.#containers.get(id)
      if (container === undefined) throw NotFoundError.of('container', id)
      return container
    }
    const takeFailure = (): void => {
      if (this.#failingLists-- > 0) throw new Error('no list')
    }
    const containers = {
      get: async (id: string) => find(id),
      list: () => {
        takeFailure()
        return ReadableStream.from([...this.#containers.values()])
      },
      update: async ({ id, labels }: NewContainer) => {
        this.done.push(`count ${labels?.[RestartLabel.count]}`)
        this.#containers.set(id, { ...find(id), labels: { ...find(id).labels, ...labels } })
      },
    }
    const snapshotter = (name: string) => ({
      mounts: async (key: string) => [{ type: 'bind', source: `${name}/${key}`, options: [] }],
    })
    return {
      namespaces: { list: () => ReadableStream.from([{ name: namespace, labels: {} }]) },
      in: () => ({ containers, snapshotter }),
    } as unknown as Metadata
  }
}

class FakeTask {
  readonly id: string
  readonly namespace = namespace
  readonly runtime = 'fake'
  status: ProcessStatus
  readonly #exitStatus: number
  readonly #done: string[]
  #state: 'known' | 'hidden' = 'known'
  #endsFirst = false

  constructor(id: string, status: ProcessStatus, exitStatus: number, done: string[]) {
    this.id = id
    this.status = status
    this.#exitStatus = exitStatus
    this.#done = done
  }

  hidesState(): void {
    this.#state = 'hidden'
  }

  endsBeforeKill(): void {
    this.#endsFirst = true
  }

  async state() {
    if (this.#state === 'hidden') throw new Error('no answer')
    const at = { date: new Date(), nanos: 0 }
    return { status: this.status, ...(this.status === 'stopped' && { exit: { status: this.#exitStatus, at } }) }
  }

  async start(): Promise<void> {
    this.#done.push(`start ${this.id}`)
    this.status = 'running'
  }

  async kill(signal: number, { all }: { readonly all: boolean }): Promise<void> {
    if (this.#endsFirst) throw new NotFoundError('process already finished')
    this.#done.push(`kill ${this.id} ${signal}${all ? ' all' : ''}`)
  }

  async wait(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#done.push(`ended ${this.id}`)
  }
}
