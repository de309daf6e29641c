// SPDX-License-Identifier: Apache-2.0
import { closeSync, createReadStream, openSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { LabelKey, parseFilters, parseNamespace } from '@containerd-ts/core'
import type { Container, Image } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { importArchive, unpackImage, writeDocument } from '@containerd-ts/images'
import { buildSpec, hostMatcher, withArgs, withDefaultUnixDevices, withImageConfig } from '@containerd-ts/oci'
import { busyboxEntries, layoutArchive, makeImage, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  attachTask,
  connectContainerd,
  createContainer,
  createTask,
  defaultSnapshotter,
  deleteContainer,
  deleteProcess,
  execProcess,
  runcOptions,
  runcRuntime,
} from '../src/index.ts'
import type { ContainerdClient, NamespaceClient } from '../src/index.ts'

const imageName = 'localhost/test/client:latest'
const snapshotter = 'overlayfs'

interface ClientWorld extends AsyncDisposable {
  readonly temp: TempRoot
  readonly client: ContainerdClient
  readonly namespace: NamespaceClient
  readonly image: Image
  readonly daemon: TestDaemon
}

async function openWorld(start: () => Promise<TestDaemon>): Promise<ClientWorld> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-client-'))
  const daemon = undo.use(await start())
  const client = undo.use(connectContainerd({ address: daemon.address }))
  const namespace = client.in(`client-${process.pid}`)
  await makeImage(temp.join('image'), { layers: [await busyboxEntries()], name: imageName })
  await writeFile(temp.join('image.tar'), await layoutArchive(temp.join('image')))
  const [image] = await importArchive(namespace, createReadStream(temp.join('image.tar')), {
    translateName: (name) => name,
  })
  if (image === undefined) throw new Error('nothing was imported')
  const target = {
    snapshotterName: snapshotter,
    snapshotter: namespace.snapshotter(snapshotter),
    applier: namespace.differ,
  }
  await unpackImage(namespace, image.target, target, { platforms: hostMatcher() })
  const owned = undo.move()
  return { temp, daemon, client, namespace, image, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** What the typed client promises to an embedder, whatever daemon serves. */
export function clientScenarios(start: () => Promise<TestDaemon>): void {
  let world: ClientWorld
  beforeAll(async () => {
    world = await openWorld(start)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const newContainer = (id: string, ...args: readonly string[]): Promise<Container> =>
    createContainer(world.namespace, {
      id,
      rootfs: { kind: 'image', image: world.image, platforms: hostMatcher(), snapshotter },
      runtime: { name: runcRuntime, options: runcOptions() },
      makeSpec: ({ image, read }) =>
        buildSpec({ namespace: world.namespace.namespace, id }, [
          withDefaultUnixDevices,
          ...(image === undefined ? [] : [withImageConfig(image, read)]),
          withArgs(...args),
        ]),
    })

  /** A file for output, whose text can be asked for. */
  const outputFile = (name: string): { fd: number; text: () => string } => {
    const path = world.temp.join(name)
    const fd = openSync(path, 'w')
    return {
      fd,
      text: () => {
        closeSync(fd)
        return readFileSync(path, 'utf8')
      },
    }
  }
  const fifo = (stdout: number, stderr = stdout) =>
    ({ kind: 'fifo', directory: world.temp.join('fifo'), terminal: false, local: { stdout, stderr } }) as const

  describe('containers', () => {
    it('run to their end, with their output and their status', async () => {
      const out = outputFile('out')
      const container = await newContainer('full', 'sh', '-c', 'echo hello; exit 3')
      await using task = await createTask(world.namespace, container, { io: fifo(out.fd) })
      expect(task.task.pid).toBeGreaterThan(1)
      await task.start()
      const { exit } = await task.finish()
      expect(exit.status).toBe(3)
      expect(exit.at.date.getTime()).toBeGreaterThan(Date.now() - 60_000)
      expect(out.text()).toBe('hello\n')
      await deleteContainer(world.namespace, 'full')
      await expect(world.namespace.containers.get('full')).rejects.toMatchObject({ code: Code.NotFound })
      await expect(world.namespace.snapshotter(snapshotter).stat('full')).rejects.toMatchObject({ code: Code.NotFound })
    })

    it('run processes beside their own', async () => {
      const container = await newContainer('host', 'sleep', '1000')
      await using task = await createTask(world.namespace, container, { io: { kind: 'null' } })
      await task.start()
      const out = outputFile('exec')
      const spec = { args: ['sh', '-c', 'echo beside; exit 4'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }
      await using exec = await execProcess(task.task, { execId: 'e', spec, io: fifo(out.fd) })
      await exec.start()
      expect((await exec.finish()).exit.status).toBe(4)
      expect(out.text()).toBe('beside\n')
      await task[Symbol.asyncDispose]()
      await deleteContainer(world.namespace, 'host')
    })

    it('are joined after they were left', async () => {
      const first = outputFile('first')
      const container = await newContainer('left', 'sh', '-c', 'read x; echo "got $x"')
      const task = await createTask(world.namespace, container, { io: fifo(first.fd), detached: true })
      await task.start()
      await task.detach()
      const [second, input] = [outputFile('second'), world.temp.join('input')]
      await writeFile(input, 'a line\n')
      const stdin = openSync(input, 'r')
      const joined = await attachTask(world.namespace, 'left', { stdin, stdout: second.fd, stderr: second.fd })
      expect((await joined.finish()).exit.status).toBe(0)
      closeSync(stdin)
      expect(second.text()).toBe('got a line\n')
      await deleteContainer(world.namespace, 'left')
    })

    it('are killed and removed with the task that nobody finished', async () => {
      const container = await newContainer('disposed', 'sleep', '1000')
      {
        await using task = await createTask(world.namespace, container, { io: { kind: 'null' } })
        await task.start()
      }
      await expect(world.namespace.tasks.get('disposed')).rejects.toMatchObject({ code: Code.NotFound })
      await deleteContainer(world.namespace, 'disposed')
    })

    it('are not deleted while they run', async () => {
      const container = await newContainer('busy', 'sleep', '1000')
      await using task = await createTask(world.namespace, container, { io: { kind: 'null' } })
      await task.start()
      await expect(deleteContainer(world.namespace, 'busy')).rejects.toMatchObject({ code: Code.FailedPrecondition })
      await task[Symbol.asyncDispose]()
      await deleteContainer(world.namespace, 'busy')
    })

    it('are deleted with a task that was never started', async () => {
      const container = await newContainer('idle', 'sleep', '1000')
      const task = await createTask(world.namespace, container, { io: { kind: 'null' }, detached: true })
      await task.detach()
      await expect(deleteProcess(task.task)).rejects.toMatchObject({ code: Code.FailedPrecondition })
      expect(await task.task.state()).toMatchObject({ status: 'created', pid: task.task.pid })
      await deleteContainer(world.namespace, 'idle')
      await expect(world.namespace.tasks.get('idle')).rejects.toMatchObject({ code: Code.NotFound })
    })

    it('leave nothing when their spec cannot be made', async () => {
      const failing = createContainer(world.namespace, {
        id: 'failing',
        rootfs: { kind: 'image', image: world.image, platforms: hostMatcher(), snapshotter },
        runtime: { name: runcRuntime },
        makeSpec: async () => {
          throw new Error('no spec')
        },
      })
      await expect(failing).rejects.toThrow('no spec')
      await expect(world.namespace.snapshotter(snapshotter).stat('failing')).rejects.toMatchObject({
        code: Code.NotFound,
      })
      expect(await Array.fromAsync(world.namespace.leases.list())).toEqual([])
    })

    it('leave nothing when they are given up before they start', async () => {
      const container = await newContainer('abandoned', 'sleep', '1000')
      const stop = new AbortController()
      const making = createTask(world.namespace, container, { io: fifo(1) }, { signal: stop.signal })
      setTimeout(() => stop.abort(new Error('enough')), 20)
      await expect(making).rejects.toThrow('enough')
      await expect(world.namespace.tasks.get('abandoned')).rejects.toMatchObject({ code: Code.NotFound })
      await deleteContainer(world.namespace, 'abandoned')
    })

    it('are unique by id', async () => {
      await newContainer('twice', 'true')
      await expect(newContainer('twice', 'true')).rejects.toMatchObject({ code: Code.AlreadyExists })
      await deleteContainer(world.namespace, 'twice')
    })
  })

  describe('stores', () => {
    it('keep images, their labels and filters', async () => {
      const { images } = world.namespace
      const made = await images.create({ ...world.image, name: 'localhost/test/other:1', labels: { a: 'b' } })
      expect(made).toMatchObject({ name: 'localhost/test/other:1', labels: { a: 'b' } })
      await images.update({ ...made, labels: { a: 'c', d: 'e' } }, ['labels.a'])
      const listed = await Array.fromAsync(images.list(parseFilters(['labels.a==c'])))
      expect(listed.map(({ name, labels }) => [name, labels])).toEqual([['localhost/test/other:1', { a: 'c' }]])
      await images.delete('localhost/test/other:1', { synchronous: true })
      await expect(images.get('localhost/test/other:1')).rejects.toMatchObject({ code: Code.NotFound })
    })

    /** What nothing refers to is collected at any time, soon after the start for one. */
    const keep = { 'containerd.io/gc.root': 'true' }

    it('write, resume and read content', async () => {
      const { content } = world.namespace
      const bytes = Buffer.from('{"some":"document"}')
      const { digest } = await writeDocument(content, 'test-', 'application/json', bytes, { labels: keep })
      await using blob = await content.open(digest)
      expect(Buffer.from(await blob.read(2, 4)).toString()).toBe('some')
      expect(await blob.read(bytes.length, 10)).toHaveLength(0)
      {
        await using writer = await content.ingest('partial', { totalBytes: 8 })
        await writer.write(Buffer.from('half'))
      }
      expect(await content.ingestStatus('partial')).toMatchObject({ offsetBytes: 4, totalBytes: 8 })
      await content.abort('partial')
      await content.delete(digest)
      await expect(content.info(digest)).rejects.toMatchObject({ code: Code.NotFound })
    })

    it('refuse content that is not what was announced, and take what is missing', async () => {
      const { content } = world.namespace
      await using writer = await content.ingest('wrong', { totalBytes: 100 })
      await writer.write(Buffer.from('short'))
      await expect(writer.commit()).rejects.toMatchObject({ code: Code.FailedPrecondition })
      expect(await writer.status()).toMatchObject({ offsetBytes: 5, totalBytes: 100 })
      await writer.write(Buffer.alloc(95))
      const digest = await writer.commit({ labels: keep })
      expect((await content.info(digest)).sizeBytes).toBe(100)
      await content.delete(digest)
    })

    it('keep snapshots', async () => {
      const snapshots = world.namespace.snapshotter(snapshotter)
      const mounts = await snapshots.prepare('active', undefined, { labels: { a: 'b', [LabelKey.gcRoot]: 'test' } })
      expect(mounts[0]).toMatchObject({ type: 'bind', options: expect.arrayContaining(['rw']) })
      // Nothing else keeps it from being collected.
      await snapshots.commit('committed', 'active', { labels: { [LabelKey.gcRoot]: 'test' } })
      expect(await snapshots.stat('committed')).toMatchObject({ kind: 'committed', name: 'committed' })
      await expect(snapshots.mounts('committed')).rejects.toMatchObject({ code: expect.any(Number) })
      await snapshots.remove('committed')
    })

    it('keep leases and what they hold', async () => {
      const { leases } = world.namespace
      const lease = await leases.create({ id: 'held', labels: { a: 'b' } })
      expect(lease).toMatchObject({ id: 'held', labels: { a: 'b' } })
      const resource = { type: 'content', id: world.image.target.digest }
      await leases.addResource('held', resource)
      expect(await Array.fromAsync(leases.resources('held'))).toEqual([resource])
      await leases.delete('held', { synchronous: true })
      await expect(leases.delete('held')).rejects.toMatchObject({ code: Code.NotFound })
    })

    it('keep namespaces, and with them the default snapshotter', async () => {
      const name = parseNamespace('own-defaults')
      const { namespaces } = world.client
      expect(await defaultSnapshotter(namespaces, name)).toBe('overlayfs')
      await namespaces.create(name, { 'containerd.io/defaults/snapshotter': 'native' })
      expect(await defaultSnapshotter(namespaces, name)).toBe('native')
      await namespaces.delete(name)
    })
  })

  describe('server', () => {
    it('says what it is', async () => {
      expect((await world.client.introspection.version()).version).toMatch(/^\d+\.\d+\./)
      const plugins = await world.client.introspection.plugins()
      expect(plugins.map(({ id }) => id)).toContain('overlayfs')
    })

    it('sends events to who has subscribed', async () => {
      const stop = new AbortController()
      const stream = world.client.events.subscribe(parseFilters(['topic=="/images/create"']), { signal: stop.signal })
      const first = stream[Symbol.asyncIterator]().next()
      await new Promise((resolve) => setTimeout(resolve, 300))
      await world.namespace.images.create({ ...world.image, name: 'localhost/test/event:1' })
      const { value } = (await first) as { value: { topic: string; namespace: string } }
      expect(value).toMatchObject({ topic: '/images/create', namespace: world.namespace.namespace })
      stop.abort()
      await world.namespace.images.delete('localhost/test/event:1')
    })

    it('is not waited for in vain', async () => {
      await using lost = connectContainerd({ address: world.temp.join('nobody.sock') })
      await expect(lost.introspection.version()).rejects.toMatchObject({ code: Code.Unavailable })
    })

    it('leaves no connection open after disposal', async () => {
      const client = connectContainerd({ address: world.daemon.address })
      await client.introspection.version()
      await client[Symbol.asyncDispose]()
      await expect(client.introspection.version()).rejects.toMatchObject({ code: Code.Unavailable })
    })
  })
}
