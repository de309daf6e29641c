// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http2'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { JsonType, packJson, toTimestamp } from '@containerd-ts/api'
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import {
  ConnectResponseSchema,
  CreateTaskResponseSchema,
  Task as TaskV3,
} from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { RuntimeInfoSchema } from '@containerd-ts/api/types/introspection_pb'
import type { MountManager, NewTask } from '@containerd-ts/core'
import { AlreadyExistsError, Code, NotFoundError, UnimplementedError } from '@containerd-ts/errdefs'
import { namespaceOf, TtrpcServer, type ServiceImpl } from '@containerd-ts/ttrpc'
import { eventually } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { EventList, FakeShim, NS } from '../test/fake-shim.ts'
import { ShimTaskManager, type ShimTaskManagerOptions } from './index.ts'

type Handlers = ServiceImpl<typeof TaskV3>

const task: NewTask = {
  id: 'a',
  runtime: '',
  rootfs: [{ type: 'bind', source: '/nowhere', options: ['ro'] }],
  spec: { typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Spec', value: Buffer.from('{}') },
  stdin: '',
  stdout: '',
  stderr: '',
  terminal: false,
}

/** A manager over a shim whose task API is served here. */
class Fixture implements AsyncDisposable {
  readonly shim: FakeShim
  readonly events = new EventList()
  readonly unmounted: string[] = []
  readonly calls: string[] = []
  manager: ShimTaskManager | undefined
  #server: TtrpcServer
  readonly #options: Partial<ShimTaskManagerOptions>

  private constructor(shim: FakeShim, options: Partial<ShimTaskManagerOptions>) {
    this.shim = shim
    this.#options = options
    this.#server = new TtrpcServer()
  }

  static async open(
    handlers: Handlers = {},
    options: Partial<ShimTaskManagerOptions> = {},
    version: 2 | 3 = 3,
  ): Promise<Fixture> {
    const fixture = new Fixture(await FakeShim.make(), options)
    const impl: Handlers = { ...fixture.#defaults(), ...handlers }
    if (version === 3) fixture.#server.register(TaskV3, impl)
    else fixture.#server.register(TaskV2, impl as unknown as ServiceImpl<typeof TaskV2>)
    await fixture.#server.listen({ path: fixture.socket })
    await fixture.shim.answer(
      'start',
      JSON.stringify({ version: 3, address: `unix://${fixture.socket}`, protocol: 'ttrpc' }),
    )
    await fixture.openManager()
    return fixture
  }

  get socket(): string {
    return join(this.shim.dir, 's.sock')
  }

  async openManager(): Promise<ShimTaskManager> {
    this.manager = await ShimTaskManager.open({
      rootDir: join(this.shim.dir, 'root'),
      stateDir: join(this.shim.dir, 'state'),
      daemon: { grpcAddress: '/g', ttrpcAddress: '/t', containerdBinary: '/c', containerdVersion: '2.3.4' },
      events: this.events,
      mounter: {
        unmountAll: (target) => {
          this.unmounted.push(target)
          return Promise.resolve()
        },
      },
      ...this.#options,
    })
    return this.manager
  }

  create(more: Partial<NewTask> = {}) {
    return (this.manager as ShimTaskManager).create(NS, { ...task, runtime: this.shim.path, ...more })
  }

  bundle(id = 'a'): string {
    return join(this.shim.dir, 'state', NS, id)
  }

  /** The shim's process ends. */
  kill(): void {
    this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager?.[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
    await this.shim[Symbol.asyncDispose]()
  }

  #defaults(): Handlers {
    const note = (name: string, id: string): void => void this.calls.push(`${name} ${id}`)
    return {
      create: ({ id }, call) => {
        note(`create in ${namespaceOf(call.metadata)}`, id)
        return { pid: 42 }
      },
      start: ({ id }) => {
        note('start', id)
        return { pid: 42 }
      },
      connect: () => ({ taskPid: 42 }),
      state: ({ id }) => ({ id, pid: 42, status: 2, exitedAt: toTimestamp(undefined) }),
      delete: ({ id }) => {
        note('delete', id)
        return { pid: 42, exitStatus: 3, exitedAt: toTimestamp(new Date(5000)) }
      },
      shutdown: ({ id }) => {
        note('shutdown', id)
        return {}
      },
      wait: () => new Promise(() => {}),
    }
  }
}

describe('ShimTaskManager', () => {
  it('creates, starts and deletes through the task API', async () => {
    await using fx = await Fixture.open()
    const created = await fx.create()
    expect([created.pid, await created.start(), (await created.state()).status]).toEqual([42, 42, 'running'])
    expect((await created.state()).exit).toBeUndefined()
    expect(fx.manager?.list(NS)).toEqual([created])
    expect(JSON.parse(await readFile(join(fx.bundle(), 'bootstrap.json'), 'utf8'))).toMatchObject({ version: 3 })
    const deleted = await fx.manager?.delete(NS, 'a')
    expect(deleted).toEqual({ id: 'a', pid: 42, exit: { status: 3, at: { date: new Date(5000), nanos: 0 } } })
    expect(fx.calls).toEqual(['create in test a', 'start a', 'delete a', 'shutdown a'])
    // A shim of another maker gets its clean-up action on every delete.
    expect(await fx.shim.calls()).toEqual(['-v', 'start', 'delete'])
    expect(existsSync(fx.bundle())).toBe(false)
    expect(fx.unmounted).toEqual([]) // the shim had done it
    expect(fx.events.seen).toEqual([])
    expect(() => fx.manager?.get(NS, 'a')).toThrow(expect.objectContaining({ code: Code.NotFound }))
  })

  it('falls back to the older task API', async () => {
    await using fx = await Fixture.open({}, {}, 2)
    const created = await fx.create()
    expect((await created.state()).pid).toBe(42)
    expect(fx.calls).toEqual(['create in test a'])
  })

  it('undoes a create that the shim refuses', async () => {
    await using fx = await Fixture.open({
      create: () => {
        throw new Error('no such file')
      },
    })
    await expect(fx.create()).rejects.toMatchObject({
      message: 'failed to create shim task',
      cause: { message: 'no such file' },
    })
    expect(fx.calls).toEqual(['delete a', 'shutdown a'])
    expect(readdirSync(join(fx.bundle(), '..'))).toEqual([])
    expect(fx.events.seen).toEqual([])
  })

  it('undoes a create whose shim does not start, or answers nonsense', async () => {
    await using fx = await Fixture.open()
    await fx.shim.run('start', 'echo sorry; exit 1')
    await expect(fx.create()).rejects.toMatchObject({
      message: 'failed to start shim',
      cause: { message: 'start failed: sorry: exit status 1' },
    })
    await fx.shim.run('start', '')
    await fx.shim.answer('start', `unix://${fx.shim.dir}/nobody.sock`)
    await expect(fx.create()).rejects.toMatchObject({ cause: { code: Code.Unavailable } })
    await fx.shim.answer('start', '')
    await expect(fx.create()).rejects.toMatchObject({ cause: { code: Code.Internal } })
    expect(readdirSync(join(fx.bundle(), '..'))).toEqual([])
    expect(readdirSync(join(fx.shim.dir, 'root', NS))).toEqual([])
  })

  it('ends the server of a shim to which it cannot connect', async () => {
    await using fx = await Fixture.open()
    const server = `"${process.execPath}" -e 'setTimeout(() => {}, 60000)' server -namespace ${NS} -id a`
    await fx.shim.run('start', `${server} < /dev/null > /dev/null 2>&1 & echo $! > "$dir/start.pid"`)
    await fx.shim.answer('start', `unix://${fx.shim.dir}/nobody.sock`)
    await expect(fx.create()).rejects.toMatchObject({ cause: { code: Code.Unavailable } })
    const pid = (await fx.shim.seen('start', 'pid')).toString().trim()
    const runs = () => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    await eventually('the server has ended', async () => (await runs()) === '', { timeoutMs: 3000 })
  })

  it('leaves a stale bundle alone', async () => {
    await using fx = await Fixture.open()
    await mkdir(fx.bundle(), { recursive: true })
    await writeFile(join(fx.bundle(), 'precious'), '')
    await expect(fx.create()).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readdirSync(fx.bundle())).toEqual(['precious'])
  })

  it('publishes the end of a task whose shim is lost, and answers who waits', async () => {
    await using fx = await Fixture.open()
    const created = await fx.create()
    const wait = created.wait()
    await created.state()
    fx.kill()
    expect((await wait).status).toBe(137)
    while (fx.manager?.list().length !== 0) await delay(5)
    expect(fx.events.topics).toEqual(['/tasks/exit', '/tasks/delete'])
    expect(fx.events.seen[0]).toMatchObject({
      containerId: 'a',
      id: 'a',
      pid: 42,
      exitStatus: 137,
      exitedAt: new Date(1000),
    })
    expect(existsSync(fx.bundle())).toBe(false)
    expect(existsSync(fx.socket)).toBe(false)
    await expect(created.state()).rejects.toMatchObject({ code: Code.NotFound })
    await expect(created.kill(9)).rejects.toMatchObject({ message: 'ttrpc: closed' })
  })

  it('says 255 when the clean-up does not know either', async () => {
    await using fx = await Fixture.open()
    await fx.create()
    await fx.shim.run('delete', 'exit 1')
    fx.kill()
    while (fx.manager?.list().length !== 0) await delay(5)
    expect(fx.events.seen).toMatchObject([
      { topic: '/tasks/exit', pid: 0, exitStatus: 255 },
      { topic: '/tasks/delete', pid: 0, exitStatus: 255 },
    ])
  })

  it('keeps a task whose delete is refused, drops one that the shim does not know', async () => {
    let answer: Error = new Error('cannot delete a running process')
    await using fx = await Fixture.open({
      delete: () => {
        throw answer
      },
    })
    await fx.create()
    await expect(fx.manager?.delete(NS, 'a')).rejects.toMatchObject({
      code: Code.Unknown,
      message: 'cannot delete a running process',
    })
    expect(fx.manager?.list()).toHaveLength(1)
    answer = new NotFoundError('container not created')
    expect(fx.calls).not.toContain('shutdown a')
    await expect(fx.manager?.delete(NS, 'a')).rejects.toMatchObject({ code: Code.NotFound })
    expect(fx.calls).toContain('shutdown a')
    expect(fx.manager?.list()).toHaveLength(0)
    expect(existsSync(fx.bundle())).toBe(false)
  })

  it('finishes a delete whose client has left', async () => {
    const reached = Promise.withResolvers<void>()
    const drained = Promise.withResolvers<void>()
    await using fx = await Fixture.open({
      delete: async () => {
        reached.resolve()
        await drained.promise
        return { pid: 42, exitStatus: 3 }
      },
    })
    await fx.create()
    const client = new AbortController()
    const deleting = fx.manager?.delete(NS, 'a', { signal: client.signal })
    await reached.promise
    client.abort()
    drained.resolve()
    expect(await deleting).toMatchObject({ id: 'a', exit: { status: 3 } })
    expect(fx.calls).toContain('shutdown a')
    expect(fx.manager?.list()).toEqual([])
  })

  it('does not let a delete overtake a start', async () => {
    const order: string[] = []
    await using fx = await Fixture.open({
      start: async () => {
        order.push('start')
        await delay(50)
        order.push('started')
        return { pid: 42 }
      },
      delete: () => {
        order.push('delete')
        return { pid: 42 }
      },
    })
    const created = await fx.create()
    await Promise.all([created.start(), fx.manager?.delete(NS, 'a')])
    expect(order).toEqual(['start', 'started', 'delete'])
  })

  it('starts at most ten shims at once', async () => {
    await using fx = await Fixture.open()
    await fx.shim.run(
      'start',
      'mkdir "$dir/n.$$"; ls "$dir" | grep -c "^n[.]" >> "$dir/most"; sleep 0.05; rmdir "$dir/n.$$"',
    )
    await Promise.all(Array.from({ length: 24 }, (_, i) => fx.create({ id: `t${i}` })))
    const seen = (await readFile(join(fx.shim.dir, 'most'), 'utf8')).trim().split('\n').map(Number)
    expect(seen).toHaveLength(24)
    expect(Math.max(...seen)).toBeLessThanOrEqual(10)
  })

  it('hands rootfs mounts to the mount manager and the rest to the shim', async () => {
    const log: string[] = []
    const system = [{ type: 'overlay', source: 'overlay', options: [] }]
    let rootfs: unknown
    const manager = {
      activate: (name: string, mounts: readonly unknown[], options: { labels?: object }) => {
        log.push(`activate ${name} ${mounts.length} ${JSON.stringify(options.labels)}`)
        if (name === 'plain') return Promise.reject(new UnimplementedError('nothing to do'))
        if (name === 'again') return Promise.reject(new AlreadyExistsError('active'))
        return Promise.resolve({ name, active: [], system, labels: {} })
      },
      info: (name: string) => Promise.resolve({ name, active: [], system, labels: {} }),
      deactivate: (name: string) => {
        log.push(`deactivate ${name}`)
        return Promise.reject(new NotFoundError(name))
      },
    } as unknown as MountManager
    const create = (request: { rootfs: unknown }): { pid: number } => {
      rootfs = request.rootfs
      return { pid: 1 }
    }
    await using fx = await Fixture.open({ create }, { mountManagers: () => manager })
    for (const id of ['a', 'again']) {
      await fx.create({ id })
      expect(rootfs).toMatchObject([{ type: 'overlay' }])
      await fx.manager?.delete(NS, id)
    }
    await fx.create({ id: 'plain' })
    expect(rootfs).toMatchObject([{ type: 'bind', source: '/nowhere' }])
    expect(log.slice(0, 2)).toEqual(['activate a 1 {"containerd.io/gc.bref.container":"a"}', 'deactivate a'])
  })

  it('opens the bundle to the host group that is root in the container', async () => {
    await using fx = await Fixture.open()
    const spec = { linux: { gidMappings: [{ containerID: 0, hostID: process.getgid?.(), size: 1 }] } }
    await fx.create({ spec: { typeUrl: 'x', value: Buffer.from(JSON.stringify(spec)) } })
    expect((await stat(fx.bundle())).mode & 0o7777).toBe(0o710)
  })

  it('prefers options of the task to those of the container', async () => {
    const any = (text: string) => ({ typeUrl: text, value: Buffer.from(text) })
    const seen: (string | undefined)[] = []
    await using fx = await Fixture.open({
      create: ({ options }) => {
        seen.push(options?.typeUrl)
        return { pid: 1 }
      },
    })
    await fx.create({ id: 'a', runtimeOptions: any('runtime') })
    await fx.create({ id: 'b', runtimeOptions: any('runtime'), taskOptions: any('task') })
    await fx.create({ id: 'c' })
    const empty = { typeUrl: 'task', value: new Uint8Array(0) }
    await fx.create({ id: 'd', runtimeOptions: any('runtime'), taskOptions: empty })
    await fx.create({ id: 'e', taskOptions: empty })
    expect(seen).toEqual(['runtime', 'task', undefined, 'runtime', undefined])
  })

  it('refuses idmapped mounts until the runtime says that it knows them', async () => {
    const infoOf = (enabled: boolean) =>
      create(RuntimeInfoSchema, {
        features: packJson(JsonType.Features, { linux: { mountExtensions: { idmap: { enabled } } } }),
      })
    const spec = packJson(JsonType.Spec, { mounts: [{ options: ['idmap'] }] })
    await using fx = await Fixture.open()
    await fx.shim.answer('-info', toBinary(RuntimeInfoSchema, infoOf(false)))
    await expect(fx.create({ spec })).rejects.toMatchObject({
      code: Code.Unknown,
      message: 'failed to validate OCI runtime features',
    })
    expect(fx.calls).toEqual(['delete a', 'shutdown a'])
    expect(existsSync(fx.bundle())).toBe(false)
    await fx.shim.answer('-info', toBinary(RuntimeInfoSchema, infoOf(true)))
    expect((await fx.create({ spec })).pid).toBe(42)
  })

  it('does not ask a runtime for its features without idmapped mounts', async () => {
    await using fx = await Fixture.open()
    await fx.create()
    expect(await fx.shim.calls()).not.toContain('-info')
  })

  it('passes every call on, with the exec where there is one', async () => {
    const seen: unknown[] = []
    const note = (request: object): Record<string, never> => {
      seen.push(request)
      return {}
    }
    await using fx = await Fixture.open({
      exec: note,
      kill: note,
      resizePty: note,
      closeIO: note,
      pause: note,
      resume: note,
      checkpoint: note,
      update: note,
    })
    const created = await fx.create()
    await created.exec({ execId: 'e', stdin: 'i', stdout: 'o', stderr: 'r', terminal: true })
    await created.kill(15, { execId: 'e', all: true })
    await created.kill(9, { all: true })
    await created.resizePty({ width: 80, height: 24 }, 'e')
    await created.closeStdin()
    await created.pause()
    await created.resume()
    await created.checkpoint('/c')
    await created.update({ typeUrl: 'r', value: new Uint8Array(0) }, { k: 'v' })
    expect(seen).toMatchObject([
      { id: 'a', execId: 'e', stdin: 'i', stdout: 'o', stderr: 'r', terminal: true },
      { execId: 'e', signal: 15, all: false },
      { execId: '', signal: 9, all: true },
      { execId: 'e', width: 80, height: 24 },
      { execId: '', stdin: true },
      { id: 'a' },
      { id: 'a' },
      { path: '/c' },
      { resources: { typeUrl: 'r' }, annotations: { k: 'v' } },
    ])
    await expect(
      created.exec({ execId: '', stdin: '', stdout: '', stderr: '', terminal: false }),
    ).rejects.toMatchObject({ code: Code.InvalidArgument })
    await expect(created.stats()).rejects.toMatchObject({ code: Code.Unimplemented })
  })

  it('adopts what an earlier manager let go of', async () => {
    await using fx = await Fixture.open()
    await fx.create()
    await fx.manager?.[Symbol.asyncDispose]()
    const next = await fx.openManager()
    expect(next.list(NS)).toMatchObject([{ id: 'a', pid: 42, runtime: fx.shim.path }])
    expect(await fx.shim.calls()).toEqual(['-v', 'start'])
  })

  it('ends no shim of a sandbox with a task in it, neither before nor after a restart', async () => {
    const sandboxes = { exists: () => Promise.resolve(true), endpoint: () => Promise.reject(new Error('not asked')) }
    const runtime = Promise.withResolvers<string>()
    await using fx = await Fixture.open({}, { sandboxes, runtimeOf: () => runtime.promise })
    runtime.resolve(fx.shim.path)
    const joining = { sandboxId: 's', taskApiAddress: `ttrpc+unix://${fx.socket}`, taskApiVersion: 3 }
    await fx.create({ id: 'before', ...joining })
    await fx.manager?.delete(NS, 'before')
    await fx.create({ id: 'after', ...joining })
    await fx.manager?.[Symbol.asyncDispose]()
    await fx.openManager()
    await fx.manager?.delete(NS, 'after')
    expect(fx.calls.filter((call) => !call.startsWith('create'))).toEqual(['delete before', 'delete after'])
    expect(await fx.shim.calls()).toEqual(['delete']) // of the adopted one: the action comes again with a restart
  })

  it('adopts past entries that are no bundles', async () => {
    await using fx = await Fixture.open()
    await fx.create()
    await fx.manager?.[Symbol.asyncDispose]()
    for (const root of ['state', 'root']) {
      await writeFile(join(fx.shim.dir, root, 'a-file'), '')
      await mkdir(join(fx.shim.dir, root, 'lost+found', 'x'), { recursive: true })
      await writeFile(join(fx.shim.dir, root, NS, 'another'), '')
    }
    await mkdir(join(fx.shim.dir, 'root', 'a-file-too', 'kept'), { recursive: true })
    await writeFile(join(fx.shim.dir, 'state', 'a-file-too'), '')
    expect((await fx.openManager()).list()).toMatchObject([{ id: 'a' }])
    expect(existsSync(join(fx.shim.dir, 'root', 'a-file-too', 'kept'))).toBe(true)
  })

  it('ends a shim found without a task, and keeps one that is slow to tell', async () => {
    let failure: Error = new Error('busy')
    await using fx = await Fixture.open({
      state: () => {
        throw failure
      },
    })
    await fx.create()
    await fx.manager?.[Symbol.asyncDispose]()
    expect((await fx.openManager()).list()).toHaveLength(1)
    await fx.manager?.[Symbol.asyncDispose]()
    failure = new NotFoundError('container not created')
    expect((await fx.openManager()).list()).toHaveLength(0)
    expect(fx.calls.at(-1)).toBe('shutdown a')
    expect(existsSync(fx.bundle())).toBe(false)
  })

  it('speaks gRPC with a shim that asks for it, and notices its end', async () => {
    await using fx = await Fixture.open()
    const answers: Record<string, Uint8Array> = {
      Create: toBinary(CreateTaskResponseSchema, create(CreateTaskResponseSchema, { pid: 7 })),
      Connect: toBinary(ConnectResponseSchema, create(ConnectResponseSchema, { taskPid: 7 })),
    }
    const sessions = new Set<{ destroy(): void }>()
    const server = createServer()
    server.on('session', (session) => sessions.add(session))
    server.on('stream', (stream, headers) => {
      const body = answers[String(headers[':path']).split('/').at(-1) ?? ''] ?? new Uint8Array(0)
      stream.on('error', () => {}).resume()
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      const head = Buffer.alloc(5)
      head.writeUInt32BE(body.length, 1)
      stream.end(Buffer.concat([head, body]))
    })
    const path = join(fx.shim.dir, 'g.sock')
    await new Promise<void>((resolve) => void server.listen(path, resolve))
    await fx.shim.answer('start', JSON.stringify({ version: 3, address: path, protocol: 'grpc' }))
    const created = await fx.create()
    expect(created.pid).toBe(7)
    for (const session of sessions) session.destroy()
    server.close()
    while (fx.manager?.list().length !== 0) await delay(5)
    expect(fx.events.topics).toEqual(['/tasks/exit', '/tasks/delete'])
  })
})
