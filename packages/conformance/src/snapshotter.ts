// SPDX-License-Identifier: Apache-2.0
import {
  chmod,
  chown,
  lstat,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Mounter, SnapshotBackend, SnapshotInfo } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { itWhen } from './it-when.ts'
import { codeOfFailure } from './failure-code.ts'

/** What a snapshotter under test declares about itself. */
export interface SnapshotterTraits {
  /** Layers that one snapshot can be made of. */
  readonly maxLayers: number
  /** Usage of a snapshot counts its own layer only, not its parents. */
  readonly usagePerLayer: boolean
  /** Hard links survive a write through one of their names in a child. */
  readonly hardLinksInChild: boolean
}

/** A fresh, empty snapshotter and what mounts its snapshots. Disposal leaves nothing behind. */
export interface SnapshotterFixture extends AsyncDisposable {
  readonly snapshotter: SnapshotBackend
  readonly mounter: Mounter
}

type Setup = () => Promise<SnapshotterFixture>

const names = async (snapshotter: SnapshotBackend): Promise<string[]> => {
  const found: string[] = []
  for await (const info of snapshotter.list()) found.push(info.name)
  return found
}

/** Commits `name` on `parent` with what `change` does to the mounted tree. */
export async function commitLayer(
  fx: SnapshotterFixture,
  name: string,
  parent: string | undefined,
  change: (root: string) => Promise<unknown>,
): Promise<void> {
  const key = `${name}-prepare`
  await withMount(fx, await fx.snapshotter.prepare(key, parent), change)
  await fx.snapshotter.commit(name, key)
}

async function withMount<T>(
  fx: SnapshotterFixture,
  mounts: Awaited<ReturnType<SnapshotBackend['prepare']>>,
  work: (root: string) => Promise<T>,
): Promise<T> {
  await using mounted = await fx.mounter.mountTemp(mounts)
  return await work(mounted.path)
}

const inView = async <T>(fx: SnapshotterFixture, parent: string, work: (root: string) => Promise<T>): Promise<T> => {
  const key = `view-of-${parent}`
  try {
    return await withMount(fx, await fx.snapshotter.view(key, parent), work)
  } finally {
    await fx.snapshotter.remove(key)
  }
}

/** The contract of `Snapshotter`, against any implementation. Needs the right to mount. */
export function snapshotterConformance(name: string, traits: SnapshotterTraits, setup: Setup): void {
  describe(`${name}: snapshotter contract`, () => {
    naming(setup)
    committing(setup)
    removing(setup)
    labelling(setup)
    contents(setup, traits)
    measuring(setup, traits)
    crowds(setup, traits)
  })
}

function naming(setup: Setup): void {
  it('rejects a second use of a live key, whatever the kind', async () => {
    await using fx = await setup()
    await fx.snapshotter.prepare('k', undefined)
    expect(await codeOfFailure(fx.snapshotter.prepare('k', undefined))).toBe(Code.AlreadyExists)
    expect(await codeOfFailure(fx.snapshotter.view('k', undefined))).toBe(Code.AlreadyExists)
    await fx.snapshotter.commit('n', 'k')
    expect(await codeOfFailure(fx.snapshotter.prepare('n', undefined))).toBe(Code.AlreadyExists)
    await fx.snapshotter.prepare('k', 'n')
  })

  it('wants parents that exist and are committed', async () => {
    await using fx = await setup()
    await fx.snapshotter.prepare('live', undefined)
    for (const make of ['prepare', 'view'] as const) {
      expect(await codeOfFailure(fx.snapshotter[make]('k', 'nobody'))).toBe(Code.NotFound)
      expect(await codeOfFailure(fx.snapshotter[make]('k', 'live'))).toBe(Code.InvalidArgument)
    }
    expect(await names(fx.snapshotter)).toEqual(['live'])
  })

  it('describes each kind', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async () => {})
    await fx.snapshotter.prepare('active', 'base', { labels: { a: '1' } })
    await fx.snapshotter.view('view', 'base')
    expect(await fx.snapshotter.stat('base')).toMatchObject({ kind: 'committed', name: 'base', labels: {} })
    expect((await fx.snapshotter.stat('base')).parent).toBeUndefined()
    expect(await fx.snapshotter.stat('active')).toMatchObject({
      kind: 'active',
      name: 'active',
      parent: 'base',
      labels: { a: '1' },
    })
    expect(await fx.snapshotter.stat('view')).toMatchObject({ kind: 'view', parent: 'base' })
    expect(await codeOfFailure(fx.snapshotter.stat('nobody'))).toBe(Code.NotFound)
  })

  it('lists in order and through filters', async () => {
    await using fx = await setup()
    for (const key of ['c', 'a', 'b']) await fx.snapshotter.prepare(key, undefined)
    expect(await names(fx.snapshotter)).toEqual(['a', 'b', 'c'])
    const only = {
      text: 'name==b',
      matches: (lookup: (path: readonly string[]) => string | undefined) => lookup(['name']) === 'b',
    }
    const found: SnapshotInfo[] = []
    for await (const info of fx.snapshotter.list([only])) found.push(info)
    expect(found.map((info) => info.name)).toEqual(['b'])
  })

  it('answers the same mounts again for active snapshots and views', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async () => {})
    expect(await fx.snapshotter.mounts('active').catch(() => 'missing')).toBe('missing')
    expect(await fx.snapshotter.prepare('active', 'base')).toEqual(await fx.snapshotter.mounts('active'))
    expect(await fx.snapshotter.view('view', 'base')).toEqual(await fx.snapshotter.mounts('view'))
    expect(await codeOfFailure(fx.snapshotter.mounts('base'))).toBe(Code.FailedPrecondition)
    expect(await codeOfFailure(fx.snapshotter.mounts('nobody'))).toBe(Code.NotFound)
  })
}

function committing(setup: Setup): void {
  it('commits active snapshots only, onto free names only', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async () => {})
    await fx.snapshotter.prepare('k', 'base')
    await fx.snapshotter.view('v', 'base')
    expect(await codeOfFailure(fx.snapshotter.commit('base', 'k'))).toBe(Code.AlreadyExists)
    expect(await codeOfFailure(fx.snapshotter.commit('n', 'v'))).toBe(Code.FailedPrecondition)
    expect(await codeOfFailure(fx.snapshotter.commit('n', 'base'))).toBe(Code.FailedPrecondition)
    expect(await codeOfFailure(fx.snapshotter.commit('n', 'nobody'))).toBe(Code.NotFound)
    expect(await names(fx.snapshotter)).toEqual(['base', 'k', 'v'])
  })

  it('takes an empty parent at the commit for none', async () => {
    await using fx = await setup()
    await fx.snapshotter.prepare('k', undefined)
    await fx.snapshotter.commit('n', 'k', { parent: '' })
    expect((await fx.snapshotter.stat('n')).parent).toBeUndefined()
  })

  it('replaces labels at the commit and frees the key', async () => {
    await using fx = await setup()
    await fx.snapshotter.prepare('k', undefined, { labels: { old: '1' } })
    await fx.snapshotter.commit('n', 'k', { labels: { fresh: '2' } })
    expect((await fx.snapshotter.stat('n')).labels).toEqual({ fresh: '2' })
    expect(await codeOfFailure(fx.snapshotter.stat('k'))).toBe(Code.NotFound)
  })

  it('gives a parent at the commit where it says so, and refuses elsewhere', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, (root) => writeFile(join(root, 'below'), 'below'))
    await withMount(fx, await fx.snapshotter.prepare('k', undefined), (root) => writeFile(join(root, 'above'), 'above'))
    const commit = await codeOfFailure(fx.snapshotter.commit('top', 'k', { parent: 'base' }))
    expect(commit).toBe(fx.snapshotter.capabilities.includes('rebase') ? 'no failure' : Code.Unimplemented)
    if (commit !== 'no failure') return
    expect((await fx.snapshotter.stat('top')).parent).toBe('base')
    expect((await inView(fx, 'top', (root) => readdir(root))).sort()).toEqual(['above', 'below'])
    await fx.snapshotter.prepare('bound', 'base')
    expect(await codeOfFailure(fx.snapshotter.commit('n', 'bound', { parent: 'top' }))).toBe(Code.FailedPrecondition)
  })
}

function removing(setup: Setup): void {
  it('removes children before parents only', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async () => {})
    await fx.snapshotter.prepare('child', 'base')
    expect(await codeOfFailure(fx.snapshotter.remove('base'))).toBe(Code.FailedPrecondition)
    await fx.snapshotter.remove('child')
    await fx.snapshotter.remove('base')
    expect(await codeOfFailure(fx.snapshotter.remove('base'))).toBe(Code.NotFound)
    expect(await names(fx.snapshotter)).toEqual([])
  })

  it('starts empty when a removed key is used again', async () => {
    await using fx = await setup()
    await withMount(fx, await fx.snapshotter.prepare('k', undefined), (root) => writeFile(join(root, 'old'), ''))
    await fx.snapshotter.remove('k')
    expect(await withMount(fx, await fx.snapshotter.prepare('k', undefined), (root) => readdir(root))).toEqual([])
  })

  it('cleans up beside live snapshots without touching them', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, (root) => writeFile(join(root, 'kept'), 'kept'))
    await fx.snapshotter.prepare('gone', 'base')
    await fx.snapshotter.remove('gone')
    const busy = Array.from({ length: 10 }, (_, i) => fx.snapshotter.prepare(`busy-${i}`, 'base'))
    await Promise.all([fx.snapshotter.cleanup(), ...busy, fx.snapshotter.cleanup()])
    await fx.snapshotter.cleanup()
    const seen = await withMount(fx, await fx.snapshotter.mounts('busy-9'), (root) =>
      readFile(join(root, 'kept'), 'utf8'),
    )
    expect(seen).toBe('kept')
  })
}

function labelling(setup: Setup): void {
  it('changes labels and nothing else', async () => {
    await using fx = await setup()
    await fx.snapshotter.prepare('k', undefined, { labels: { a: '1', b: '2' } })
    const before = await fx.snapshotter.stat('k')
    expect((await fx.snapshotter.update('k', { a: '9' }, ['labels.a'])).labels).toEqual({ a: '9', b: '2' })
    expect((await fx.snapshotter.update('k', { c: '3' })).labels).toEqual({ c: '3' })
    const after = await fx.snapshotter.stat('k')
    expect(after).toMatchObject({ kind: 'active', name: 'k', createdAt: before.createdAt })
    expect(await codeOfFailure(fx.snapshotter.update('k', {}, ['parent']))).toBe(Code.InvalidArgument)
    expect(await codeOfFailure(fx.snapshotter.update('nobody', {}))).toBe(Code.NotFound)
  })
}

function contents(setup: Setup, traits: SnapshotterTraits): void {
  it('shows a child what its parents hold, and parents nothing of their child', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async (root) => {
      await mkdir(join(root, 'dir'))
      await writeFile(join(root, 'dir', 'a'), 'one')
      await writeFile(join(root, 'b'), 'two')
      await symlink('dir/a', join(root, 'link'))
    })
    await commitLayer(fx, 'top', 'base', async (root) => {
      expect(await readFile(join(root, 'link'), 'utf8')).toBe('one')
      await writeFile(join(root, 'dir', 'a'), 'changed')
      await rm(join(root, 'b'))
      await writeFile(join(root, 'c'), 'three')
    })
    await inView(fx, 'top', async (root) => {
      expect((await readdir(root)).sort()).toEqual(['c', 'dir', 'link'])
      expect(await readFile(join(root, 'dir', 'a'), 'utf8')).toBe('changed')
    })
    await inView(fx, 'base', async (root) => {
      expect((await readdir(root)).sort()).toEqual(['b', 'dir', 'link'])
      expect(await readFile(join(root, 'dir', 'a'), 'utf8')).toBe('one')
    })
  })

  it('keeps a directory that replaced another free of the old content', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async (root) => {
      await mkdir(join(root, 'dir', 'deep'), { recursive: true })
      await writeFile(join(root, 'dir', 'deep', 'old'), '')
    })
    await commitLayer(fx, 'top', 'base', async (root) => {
      await rm(join(root, 'dir'), { recursive: true })
      await mkdir(join(root, 'dir'))
      await writeFile(join(root, 'dir', 'new'), '')
    })
    expect(await inView(fx, 'top', (root) => readdir(join(root, 'dir')))).toEqual(['new'])
  })

  it('follows renames over layers', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, async (root) => {
      await writeFile(join(root, 'file'), 'text')
      await mkdir(join(root, 'made'))
    })
    await commitLayer(fx, 'top', 'base', async (root) => {
      await rename(join(root, 'file'), join(root, 'made', 'moved'))
    })
    await inView(fx, 'top', async (root) => {
      expect(await readdir(root)).toEqual(['made'])
      expect(await readFile(join(root, 'made', 'moved'), 'utf8')).toBe('text')
    })
  })

  it('keeps modes, owners and times of a parent in its child', async () => {
    await using fx = await setup()
    const times = new Date('2001-02-03T04:05:06Z')
    await commitLayer(fx, 'base', undefined, async (root) => {
      await writeFile(join(root, 'tool'), '')
      await chown(join(root, 'tool'), 1000, 2000)
      await chmod(join(root, 'tool'), 0o4755)
      await utimes(join(root, 'tool'), times, times)
    })
    const tool = await withMount(fx, await fx.snapshotter.prepare('k', 'base'), (root) => stat(join(root, 'tool')))
    expect(tool).toMatchObject({ uid: 1000, gid: 2000, mtime: times })
    expect(tool.mode & 0o7777).toBe(0o4755)
  })

  itWhen(traits.hardLinksInChild, 'hard links across layers')(
    'keeps hard links of a parent linked in its child',
    async () => {
      await using fx = await setup()
      await commitLayer(fx, 'base', undefined, async (root) => {
        await writeFile(join(root, 'one'), 'text')
        await link(join(root, 'one'), join(root, 'two'))
      })
      const [one, two] = await withMount(fx, await fx.snapshotter.prepare('k', 'base'), (root) =>
        Promise.all([lstat(join(root, 'one')), lstat(join(root, 'two'))]),
      )
      expect(one?.ino).toBe(two?.ino)
    },
  )

  it('refuses writes to a view, with and without parents', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, (root) => writeFile(join(root, 'f'), ''))
    await commitLayer(fx, 'top', 'base', (root) => writeFile(join(root, 'g'), ''))
    for (const parent of [undefined, 'base', 'top']) {
      const write = withMount(fx, await fx.snapshotter.view(`v-${parent}`, parent), (root) =>
        writeFile(join(root, 'x'), ''),
      )
      await expect(write).rejects.toMatchObject({ code: 'EROFS' })
    }
  })
}

function measuring(setup: Setup, traits: SnapshotterTraits): void {
  const mebibyte = 1 << 20

  it('measures active, committed and viewed snapshots', async () => {
    await using fx = await setup()
    await withMount(fx, await fx.snapshotter.prepare('k', undefined), (root) =>
      writeFile(join(root, 'f'), Buffer.alloc(mebibyte, 1)),
    )
    const active = await fx.snapshotter.usage('k')
    await fx.snapshotter.commit('base', 'k')
    const committed = await fx.snapshotter.usage('base')
    expect(committed).toEqual(active)
    expect(committed.sizeBytes).toBeGreaterThanOrEqual(mebibyte)
    expect(committed.sizeBytes).toBeLessThan(mebibyte * 1.2)
    expect(committed.inodes).toBeGreaterThanOrEqual(2)
    await fx.snapshotter.view('v', 'base')
    expect(await fx.snapshotter.usage('v')).toEqual({ sizeBytes: 0, inodes: 0 })
    expect(await codeOfFailure(fx.snapshotter.usage('nobody'))).toBe(Code.NotFound)
  })

  itWhen(traits.usagePerLayer, 'usage counted per layer')('counts a layer without its parents', async () => {
    await using fx = await setup()
    await commitLayer(fx, 'base', undefined, (root) => writeFile(join(root, 'f'), Buffer.alloc(mebibyte, 1)))
    await commitLayer(fx, 'top', 'base', (root) => writeFile(join(root, 'g'), 'small'))
    expect((await fx.snapshotter.usage('top')).sizeBytes).toBeLessThan(mebibyte / 4)
  })
}

function crowds(setup: Setup, traits: SnapshotterTraits): void {
  it(`stacks ${traits.maxLayers} layers`, async () => {
    await using fx = await setup()
    let parent: string | undefined
    for (let i = 0; i < traits.maxLayers; i++) {
      await commitLayer(fx, `layer-${i}`, parent, (root) => writeFile(join(root, `file-${i}`), String(i)))
      parent = `layer-${i}`
    }
    const listed = await withMount(fx, await fx.snapshotter.prepare('k', parent), async (root) => {
      await writeFile(join(root, 'own'), '')
      return readdir(root)
    })
    expect(listed).toHaveLength(traits.maxLayers + 1)
  })

  it('gives one winner when many want a key', async () => {
    await using fx = await setup()
    const codes = await Promise.all(
      Array.from({ length: 8 }, () => codeOfFailure(fx.snapshotter.prepare('k', undefined))),
    )
    expect(codes.filter((code) => code === 'no failure')).toHaveLength(1)
    expect(codes.filter((code) => code === Code.AlreadyExists)).toHaveLength(7)
  })

  it('obeys an aborted signal', async () => {
    await using fx = await setup()
    const signal = AbortSignal.abort()
    expect(await codeOfFailure(fx.snapshotter.prepare('k', undefined, { signal }))).toBe(Code.Canceled)
    expect(await names(fx.snapshotter)).toEqual([])
  })
}
