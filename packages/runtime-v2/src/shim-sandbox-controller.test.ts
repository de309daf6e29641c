// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Sandbox } from '@containerd-ts/api/runtime/sandbox/v1/sandbox_pb'
import { Task } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { Code, UnknownError } from '@containerd-ts/errdefs'
import { eventually } from '@containerd-ts/testkit'
import { TtrpcServer, type ServiceImpl } from '@containerd-ts/ttrpc'
import { expect, it } from 'vitest'
import { EventList, FakeShim, NS } from '../test/fake-shim.ts'
import { ShimSandboxController } from './index.ts'

/** A controller over a shim whose sandbox API is served here. */
class Fixture implements AsyncDisposable {
  readonly shim: FakeShim
  readonly calls: string[] = []
  controller: ShimSandboxController | undefined
  #server = new TtrpcServer()
  readonly #handlers: ServiceImpl<typeof Sandbox>

  private constructor(shim: FakeShim, handlers: ServiceImpl<typeof Sandbox>) {
    this.shim = shim
    this.#handlers = handlers
  }

  static async open(handlers: ServiceImpl<typeof Sandbox> = {}): Promise<Fixture> {
    const fixture = new Fixture(await FakeShim.make(), handlers)
    const address = `unix://${join(fixture.shim.dir, 's.sock')}`
    await fixture.shim.answer('start', JSON.stringify({ version: 3, address, protocol: 'ttrpc' }))
    await fixture.serve()
    await fixture.openController()
    return fixture
  }

  async serve(): Promise<void> {
    this.#server = new TtrpcServer()
    this.#server.register(Sandbox, {
      createSandbox: () => ({}),
      pingSandbox: () => ({}),
      shutdownSandbox: () => ({}),
      ...this.#handlers,
    })
    this.#server.register(Task, {
      shutdown: ({ id }) => {
        this.calls.push(`shutdown ${id}`)
        return {}
      },
    })
    await this.#server.listen({ path: join(this.shim.dir, 's.sock') })
  }

  async openController(): Promise<ShimSandboxController> {
    this.controller = await ShimSandboxController.open({
      rootDir: join(this.shim.dir, 'root'),
      stateDir: join(this.shim.dir, 'state'),
      daemon: { grpcAddress: '/g', ttrpcAddress: '/t', containerdBinary: '/c', containerdVersion: '2.3.4' },
      events: new EventList(),
      mounter: { unmountAll: () => Promise.resolve() },
    })
    return this.controller
  }

  async create(id = 'a'): Promise<void> {
    const sandbox = { id, runtime: this.shim.path, rootfs: [], netnsPath: '', annotations: {} }
    await this.controller?.create(NS, sandbox)
  }

  async letGo(): Promise<void> {
    await this.controller?.[Symbol.asyncDispose]()
  }

  /** Whether the controller knows the sandbox. */
  async knows(id = 'a'): Promise<boolean> {
    return await (this.controller as ShimSandboxController).platform(NS, id).then(
      () => true,
      (error: { code?: Code }) => error.code !== Code.NotFound,
    )
  }

  bundle(id = 'a'): string {
    return join(this.shim.dir, 'state', NS, id)
  }

  /** Files below the fixture's directory that this process has open. */
  async openFiles(): Promise<string[]> {
    const fds = readdirSync('/proc/self/fd').map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
    return (await Promise.all(fds)).filter((path) => path.startsWith(this.shim.dir))
  }

  /** The shim's process ends. */
  kill(): void {
    this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.letGo()
    await this.#server[Symbol.asyncDispose]()
    await this.shim[Symbol.asyncDispose]()
  }
}

it('finds its sandboxes again, past entries that are no bundles', async () => {
  await using fx = await Fixture.open()
  await fx.create()
  await fx.letGo()
  await writeFile(join(fx.shim.dir, 'state', 'a-file'), '')
  await mkdir(join(fx.shim.dir, 'state', 'lost+found'))
  await writeFile(join(fx.shim.dir, 'state', NS, 'another'), '')
  await fx.openController()
  expect(await fx.knows()).toBe(true)
})

it('forgets a sandbox whose shim is killed, also one it found again', async () => {
  await using fx = await Fixture.open()
  for (const again of [false, true]) {
    await fx.create()
    if (again) {
      await fx.letGo()
      await fx.openController()
    }
    fx.kill()
    await eventually('the sandbox is forgotten', async () => !(await fx.knows()))
    expect(existsSync(fx.bundle())).toBe(false)
    await fx.serve()
  }
  expect(await fx.shim.calls()).toEqual(['-v', 'start', 'delete', 'start', 'delete'])
})

it('ends the shim of a sandbox that does not answer well after a restart', async () => {
  const pingSandbox = () => {
    throw new UnknownError('no sandbox here')
  }
  await using fx = await Fixture.open({ pingSandbox })
  await fx.create()
  await fx.letGo()
  await fx.openController()
  expect(await fx.knows()).toBe(false)
  expect(fx.calls).toEqual(['shutdown a'])
  expect(existsSync(fx.bundle())).toBe(false)
  expect(await fx.openFiles()).toEqual([])
})
