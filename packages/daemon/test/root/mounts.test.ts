// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Mounts } from '@containerd-ts/api/services/mounts/v1/mounts_pb'
import type { ActivationInfo } from '@containerd-ts/api/types/mount_pb'
import { connectContainerd, createContainer, deleteContainer, runcRuntime } from '@containerd-ts/client'
import type { NamespaceClient } from '@containerd-ts/client'
import { Code } from '@containerd-ts/errdefs'
import { buildSpec, withArgs } from '@containerd-ts/oci'
import { createClient, scopeHeaders } from '@containerd-ts/rpc'
import {
  allOf,
  busyboxRootfs,
  gate,
  hasBinary,
  hasOwnShim,
  hasPeers,
  mountTable,
  requireRoot,
  startDaemon,
} from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const open = allOf(
  requireRoot(),
  hasPeers(),
  hasOwnShim(),
  hasBinary('runc'),
  hasBinary('losetup'),
  hasBinary('mkfs.ext4'),
  gate(existsSync('/dev/loop-control'), 'needs loop devices'),
)
const name = `mounts-${process.pid}`
const tmpfs = { type: 'tmpfs', source: 'tmpfs', target: '', options: ['size=64k'] }

describe.skipIf(!open.open)('mounts service of the daemon', () => {
  let daemon: TestDaemon
  let undo: AsyncDisposableStack
  let namespace: NamespaceClient
  let mounts: ReturnType<typeof createClient<typeof Mounts>>
  const scope = (lease?: string) => ({ headers: scopeHeaders({ namespace: name, lease }) })

  beforeAll(async () => {
    await using opening = new AsyncDisposableStack()
    daemon = opening.use(await startDaemon())
    const client = opening.use(connectContainerd({ address: daemon.address }))
    namespace = client.in(name)
    mounts = createClient(Mounts, client.transport)
    undo = opening.move()
  })
  afterAll(async () => {
    await undo.disposeAsync()
  })

  const state = (): string => join(daemon.state, 'io.containerd.mount-manager.v1.bolt/t')
  const mounted = (): string[] =>
    mountTable(daemon.pid)
      .filter(({ path }) => path.startsWith(state()))
      .map(({ path, type }) => `${path.slice(state().length + 1)} ${type}`)
  const list = async (): Promise<ActivationInfo[]> => {
    const found: ActivationInfo[] = []
    for await (const { info } of mounts.list({}, scope())) if (info !== undefined) found.push(info)
    return found
  }

  it('activates, tells, lists and deactivates', async () => {
    const request = { name: 'a', mounts: [tmpfs], labels: { k: 'v' }, temporary: true }
    // Nothing else keeps it from being collected.
    const { id: lease } = await namespace.leases.create({})
    const { info } = await mounts.activate(request, scope(lease))
    const [active] = info?.active ?? []
    expect(active?.mount).toMatchObject(tmpfs)
    expect(active?.mountPoint.startsWith(`${state()}/`)).toBe(true)
    expect(info?.system).toMatchObject([{ type: 'bind', source: active?.mountPoint, options: ['rbind'] }])
    expect(mounted()).toEqual([`${active?.mountPoint.slice(state().length + 1)} tmpfs`])
    expect((await mounts.info({ name: 'a' }, scope())).info).toEqual(info)
    expect(await list()).toEqual([info])
    await expect(mounts.activate(request, scope())).rejects.toMatchObject({ code: Code.AlreadyExists })
    await mounts.deactivate({ name: 'a' }, scope())
    expect(mounted()).toEqual([])
    expect(await list()).toEqual([])
    await expect(mounts.info({ name: 'a' }, scope())).rejects.toMatchObject({ code: Code.NotFound })
    await expect(mounts.deactivate({ name: 'a' }, scope())).rejects.toMatchObject({ code: Code.NotFound })
    await namespace.leases.delete(lease, { synchronous: true })
  })

  it('leaves to its clients what the kernel mounts, and has no update', async () => {
    const plain = mounts.activate({ name: 'a', mounts: [tmpfs] }, scope())
    await expect(plain).rejects.toMatchObject({ code: Code.Unimplemented })
    await expect(mounts.update({}, scope())).rejects.toMatchObject({ code: Code.Unimplemented })
    await expect(mounts.info({ name: 'a' }, {})).rejects.toMatchObject({ code: Code.FailedPrecondition })
  })

  it('unmounts what a lease held, once that is gone', async () => {
    const { id: lease } = await namespace.leases.create({})
    await mounts.activate({ name: 'leased', mounts: [tmpfs], temporary: true }, scope(lease))
    const { id: other } = await namespace.leases.create({})
    await namespace.leases.delete(other, { synchronous: true })
    expect(mounted()).toHaveLength(1)
    await namespace.leases.delete(lease, { synchronous: true })
    expect(mounted()).toEqual([])
    expect(await list()).toEqual([])
    expect(await readdir(state())).toEqual([])
  })

  it('knows its activations after kill -9, and the typed client sees them', async () => {
    const { id: lease } = await namespace.leases.create({})
    const request = { labels: { k: 'v' }, temporary: true, lease }
    const made = await namespace.mounts.activate('kept', [{ type: 'tmpfs', source: 'tmpfs', options: [] }], request)
    await daemon.restart('SIGKILL')
    expect(await Array.fromAsync(namespace.mounts.list())).toEqual([made])
    expect(await namespace.mounts.info('kept')).toEqual(made)
    expect(made.labels).toEqual({ k: 'v' })
    expect(mounted()).toHaveLength(1)
    await namespace.mounts.deactivate('kept')
    expect(mounted()).toEqual([])
  })

  it('serves tasks: a root file system in an image file, made, filled, run and freed', async () => {
    const file = join(daemon.root, 'disk.img')
    const disk = { type: 'mkfs/loop', source: file, options: ['X-containerd.mkfs.size=16MiB'] }
    const rootfs = [disk, { type: 'format/ext4', source: '{{ mount 0 }}', options: [] }]
    const { id: lease } = await namespace.leases.create({})
    const { info } = await mounts.activate({ name: 'fill', mounts: rootfs, temporary: true }, scope(lease))
    await busyboxRootfs(join(`/proc/${daemon.pid}/root`, info?.system[0]?.source ?? ''))
    await mounts.deactivate({ name: 'fill' }, scope())

    const container = await createContainer(namespace, {
      id: 'disk',
      rootfs: { kind: 'none' },
      runtime: { name: runcRuntime },
      makeSpec: () =>
        buildSpec({ namespace: name, id: 'disk' }, [withArgs('/bin/sh', '-c', 'echo ran > /said; exit 7')]),
    })
    const task = await namespace.tasks.create({ containerId: container.id, rootfs })
    const activation = (await mounts.info({ name: 'disk' }, scope())).info
    expect(activation?.labels).toEqual({ 'containerd.io/gc.bref.container': 'disk' })
    const device = activation?.active[0]?.data['device'] ?? ''
    const backing = `/sys/block/${basename(device)}/loop/backing_file`
    expect((await readFile(backing, 'utf8')).trim()).toBe(file)
    // A collection in between takes nothing away.
    await namespace.leases.delete(lease, { synchronous: true })
    const exited = task.wait()
    await task.start()
    expect((await exited).status).toBe(7)
    expect((await list()).map((each) => each.name)).toEqual(['disk'])
    await task.delete()
    expect(await list()).toEqual([])
    expect(existsSync(backing)).toBe(false)
    await deleteContainer(namespace, 'disk')
    expect(mounted()).toEqual([])
    expect(daemon.leftovers()).toEqual([])
  })
})
