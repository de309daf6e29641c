// SPDX-License-Identifier: Apache-2.0
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import { KernelMounter } from '@containerd-ts/mount'
import { OverlaySnapshotter, type OverlayConfig } from '@containerd-ts/snapshotter-overlay'
import { openStore } from '@containerd-ts/store'
import { allOf, hasOverlayfs, requireRoot, tempRoot, type TempRoot } from '@containerd-ts/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

describe.skipIf(!allOf(requireRoot(), hasOverlayfs()).open)('OverlaySnapshotter on disk', () => {
  let place: TempRoot
  let root: string
  let mounter: KernelMounter
  const at = (...parts: string[]): string => join(root, 'overlayfs', ...parts)
  const fs = (id: number): string => at('snapshots', String(id), 'fs')
  const open = (config: OverlayConfig = {}): Promise<OverlaySnapshotter> =>
    OverlaySnapshotter.open({ root: at(), mounter, config })

  beforeEach(async () => {
    place = await tempRoot('overlay-')
    root = place.path
    mounter = new KernelMounter({ tempRoot: join(root, 'tmpmounts') })
  })
  afterEach(() => place[Symbol.asyncDispose]())

  const commit = async (snapshotter: OverlaySnapshotter, name: string, parent?: string): Promise<void> => {
    await snapshotter.prepare(`${name}-key`, parent)
    await snapshotter.commit(name, `${name}-key`)
  }

  it('lays out directories as other tools read them', async () => {
    await using snapshotter = await open()
    await commit(snapshotter, 'base')
    await snapshotter.prepare('active', 'base')
    await snapshotter.view('view', 'base')
    const modes = await Promise.all(
      [at(), at('snapshots'), fs(2), at('snapshots', '2', 'work')].map(async (path) => (await stat(path)).mode & 0o777),
    )
    expect(modes).toEqual([0o700, 0o700, 0o755, 0o711])
    expect((await readdir(at('snapshots'))).sort()).toEqual(['1', '2', '3'])
    expect(await readdir(at('snapshots', '1'))).toEqual(['fs', 'work'])
    expect(await readdir(at('snapshots', '3'))).toEqual(['fs'])
  })

  it('answers the mounts of each case', async () => {
    await using snapshotter = await open({ mountOptions: ['metacopy=off'] })
    const bind = (id: number, access: string) => [{ type: 'bind', source: fs(id), options: [access, 'rbind'] }]
    expect(await snapshotter.prepare('lone', undefined)).toEqual(bind(1, 'rw'))
    expect(await snapshotter.view('lone-view', undefined)).toEqual(bind(2, 'ro'))
    await commit(snapshotter, 'base')
    await commit(snapshotter, 'top', 'base')
    expect(await snapshotter.view('of-base', 'base')).toEqual(bind(3, 'ro'))
    const lower = `lowerdir=${fs(4)}:${fs(3)}`
    expect(await snapshotter.view('of-top', 'top')).toEqual([
      { type: 'overlay', source: 'overlay', options: [lower, 'metacopy=off', 'index=off'] },
    ])
    expect(await snapshotter.prepare('active', 'top')).toEqual([
      {
        type: 'overlay',
        source: 'overlay',
        options: [`workdir=${at('snapshots', '7', 'work')}`, `upperdir=${fs(7)}`, lower, 'metacopy=off', 'index=off'],
      },
    ])
  })

  it('maps ids where labels ask for it', async () => {
    await using snapshotter = await open()
    await commit(snapshotter, 'base')
    await writeFile(join(fs(1), 'file'), '')
    const labels = {
      'containerd.io/snapshot/uidmapping': '0:1000:100',
      'containerd.io/snapshot/gidmapping': '0:2000:100',
    }
    const mounts = await snapshotter.prepare('active', 'base', { labels })
    expect(mounts[0]?.options.slice(0, 2)).toEqual(['uidmap=0:1000:100', 'gidmap=0:2000:100'])
    expect(await stat(fs(2))).toMatchObject({ uid: 1000, gid: 2000 })
    await using mounted = await mounter.mountTemp(mounts)
    expect(await stat(join(mounted.path, 'file'))).toMatchObject({ uid: 1000, gid: 2000 })
  })

  it('refuses mappings that leave root out', async () => {
    await using snapshotter = await open()
    const labels = {
      'containerd.io/snapshot/uidmapping': '5:1000:100',
      'containerd.io/snapshot/gidmapping': '0:2000:100',
    }
    await expect(snapshotter.prepare('k', undefined, { labels })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    })
    expect(await readdir(at('snapshots'))).toEqual([])
  })

  it('gives a child’s top directory its parent’s owner', async () => {
    await using snapshotter = await open()
    await snapshotter.prepare('k', undefined)
    await chown(fs(1), 7, 8)
    await snapshotter.commit('base', 'k')
    await snapshotter.prepare('child', 'base')
    expect(await stat(fs(2))).toMatchObject({ uid: 7, gid: 8 })
  })

  it('leaves directories to the clean-up, unless told to remove at once', async () => {
    {
      await using snapshotter = await open()
      await snapshotter.prepare('k', undefined)
      await snapshotter.prepare('kept', undefined)
      await snapshotter.remove('k')
      await mkdir(at('snapshots', 'new-stale', 'fs'), { recursive: true })
      expect(await readdir(at('snapshots'))).toContain('1')
      await snapshotter.cleanup()
      expect(await readdir(at('snapshots'))).toEqual(['2'])
    }
    await using snapshotter = await open({ syncRemove: true })
    await snapshotter.remove('kept')
    expect(await readdir(at('snapshots'))).toEqual([])
  })

  it('shows the upper directory as a label where configured', async () => {
    await using snapshotter = await open({ upperdirLabel: true })
    await snapshotter.prepare('k', undefined, { labels: { own: '1' } })
    const labels = { own: '1', 'containerd.io/snapshot/overlay.upperdir': fs(1) }
    expect((await snapshotter.stat('k')).labels).toEqual(labels)
    for await (const info of snapshotter.list()) expect(info.labels).toEqual(labels)
  })

  it('keeps records in the database it is given, over restarts', async () => {
    await using store = await openStore(join(root, 'store'))
    const database = store.sub('overlayfs')
    {
      await using snapshotter = await OverlaySnapshotter.open({ root: at(), mounter, database })
      await commit(snapshotter, 'base')
    }
    await using again = await OverlaySnapshotter.open({ root: at(), mounter, database })
    expect(await again.stat('base')).toMatchObject({ kind: 'committed' })
    await again.prepare('next', 'base')
    expect((await readdir(at('snapshots'))).sort()).toEqual(['1', '2'])
    expect(await readdir(at())).toEqual(['snapshots'])
  })

  it('says what it can do', async () => {
    await using snapshotter = await open()
    expect(snapshotter.capabilities).toEqual(['remap-ids', 'only-remap-ids', 'rebase'])
    await snapshotter[Symbol.asyncDispose]()
    await using slow = await open({ slowChown: true })
    expect(slow.capabilities).toEqual(['remap-ids', 'rebase'])
  })

  it('refuses a root that overlayfs cannot use as upper directory', async () => {
    await mkdir(at(), { recursive: true })
    const [lower, upper, work, target] = ['lower', 'upper', 'work', 'target'].map((name) => join(root, name)) as [
      string,
      string,
      string,
      string,
    ]
    for (const path of [lower, upper, work, target]) await mkdir(path)
    const options = [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${lower}`]
    await mounter.mountAll([{ type: 'overlay', source: 'overlay', options }], target)
    const refused = OverlaySnapshotter.open({ root: join(target, 'inner'), mounter })
    const outcome = await refused.then(
      () => 'opened',
      (error: unknown) => error,
    )
    await mounter.unmountAll(target)
    expect(outcome).toMatchObject({ code: Code.FailedPrecondition })
  })
})
