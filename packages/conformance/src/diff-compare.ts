// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { chmod, chown, link, lutimes, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Descriptor, Mount } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { AT_FDCWD, native } from '@containerd-ts/native-sys'
import { describe, expect, it } from 'vitest'
import { MemoryContentStore } from './content-memory.ts'
import { codeOfFailure } from './failure-code.ts'
import { archive } from './diff-archive.ts'
import { LayerStack, ociLayer, sha256, type DifferFixture, type StackMode } from './diff-stack.ts'
import type { TreeNode } from './diff-tree.ts'

const base = archive([
  { name: 'bin/' },
  { name: 'bin/tool', content: 'tool', mode: 0o755 },
  { name: 'etc/' },
  { name: 'etc/conf', content: 'old' },
  { name: 'etc/gone', content: 'gone' },
  { name: 'lib/' },
  { name: 'lib/deep/' },
  { name: 'lib/deep/file', content: 'deep' },
  { name: 'one', content: 'linked' },
  { name: 'two', type: '1', link: 'one' },
])

const whole = new Date(1_400_000_000_000)

async function change(root: string): Promise<void> {
  await writeFile(join(root, 'etc/conf'), 'new and longer')
  await rm(join(root, 'etc/gone'))
  await rm(join(root, 'lib'), { recursive: true })
  await mkdir(join(root, 'lib'))
  await writeFile(join(root, 'lib', 'fresh'), Buffer.alloc(300_000, 'x'))
  await chmod(join(root, 'bin/tool'), 0o4711)
  await symlink('../etc/conf', join(root, 'bin', 'conf'))
  await lutimes(join(root, 'bin', 'conf'), whole, whole)
  await link(join(root, 'bin/tool'), join(root, 'bin', 'tool2'))
  await writeFile(join(root, 'ünï'), '')
  await chown(join(root, 'ünï'), 3_000_000, 70_000)
  native.mknod(AT_FDCWD, join(root, 'null'), 0o020666, { major: 1, minor: 3 })
  native.setXattrSync(
    join(root, 'bin/tool'),
    'security.capability',
    Buffer.from('0100000200200000000000000000000000000000', 'hex'),
  )
  await mkdir(join(root, 'n'.repeat(120), 'm'.repeat(120)), { recursive: true })
  for (const name of ['etc/conf', 'lib/fresh', 'bin/tool', 'ünï', 'null']) await utimes(join(root, name), whole, whole)
}

/** What a layer records: whole seconds, no attributes but capabilities. */
const recorded = (tree: ReadonlyMap<string, TreeNode>): [string, Partial<TreeNode>][] =>
  [...tree].map(([path, { mtimeNs, ...node }]) => [
    path,
    node.type === 'Directory' ? node : ({ ...node, mtimeNs: mtimeNs / 1_000_000_000n } as never),
  ])

/** Names that GNU tar finds in a layer, in order. */
const listed = (layer: Uint8Array): string[] => {
  const { stdout, stderr, status } = spawnSync('tar', ['--quoting-style=literal', '-tf', '-'], { input: layer })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout.toString().split('\n').slice(0, -1)
}

interface Compared {
  readonly content: MemoryContentStore
  readonly layer: Descriptor
  readonly stored: Buffer
}

async function compare(
  fx: DifferFixture,
  lower: readonly Mount[],
  upper: readonly Mount[],
  options = {},
): Promise<Compared> {
  const content = new MemoryContentStore()
  const layer = await fx.differ.compare(lower, upper, content, { mediaType: ociLayer, ...options })
  await using reader = await content.open(layer.digest)
  return { content, layer, stored: Buffer.from(await reader.read(0, reader.sizeBytes)) }
}

/** A parent and a changed child, as mounts. */
async function changed(fx: DifferFixture, mode: StackMode, work: (root: string) => Promise<void>) {
  const parent = new LayerStack(fx, mode, 'parent')
  await parent.apply(base)
  const child = new LayerStack(fx, mode, mode === 'overlay' ? 'parent' : 'child')
  await child.apply(base)
  const mounts = await child.next()
  {
    await using mounted = await fx.mounter.mountTemp(mounts)
    await work(mounted.path)
  }
  return { lower: parent.view(), upper: mounts, child }
}

export function compareTrees(setup: () => Promise<DifferFixture>): void {
  describe.each<StackMode>(['bind', 'overlay'])('compare on %s', (mode) => {
    it('makes a layer that turns one state into the other', async () => {
      await using fx = await setup()
      const { lower, upper, child } = await changed(fx, mode, change)
      const { stored } = await compare(fx, lower, upper)
      const copy = new LayerStack(fx, mode === 'bind' ? 'overlay' : 'bind', 'copy')
      await copy.apply(base)
      await copy.apply(stored)
      expect(recorded(await copy.tree())).toEqual(recorded(await child.tree()))
    })

    it('records each change once, parents first, deletions as whiteouts', async () => {
      await using fx = await setup()
      const { lower, upper } = await changed(fx, mode, async (root) => {
        await writeFile(join(root, 'etc/conf'), 'changed')
        await rm(join(root, 'etc/gone'))
        await rm(join(root, 'lib'), { recursive: true })
        await rename(join(root, 'bin/tool'), join(root, 'bin/moved'))
      })
      const { stored } = await compare(fx, lower, upper)
      expect(listed(stored)).toEqual([
        'bin/',
        'bin/moved',
        'bin/.wh.tool',
        'etc/',
        'etc/conf',
        'etc/.wh.gone',
        '.wh.lib',
      ])
    })

    it('makes an empty layer of equal states', async () => {
      await using fx = await setup()
      const { lower, upper } = await changed(fx, mode, async () => {})
      expect((await compare(fx, lower, upper)).stored).toEqual(Buffer.alloc(1024))
    })
  })

  it('takes everything for new without a lower state, hard links kept', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    await stack.apply(base)
    const { stored } = await compare(fx, [], stack.view())
    expect(listed(stored)).toEqual([
      'bin/',
      'bin/tool',
      'etc/',
      'etc/conf',
      'etc/gone',
      'lib/',
      'lib/deep/',
      'lib/deep/file',
      'one',
      'two',
    ])
    const copy = new LayerStack(fx, 'bind', 'copy')
    await copy.apply(stored)
    expect(await copy.tree()).toEqual(await stack.tree())
  })

  it('gives the same bytes for the same states', async () => {
    await using fx = await setup()
    const { lower, upper } = await changed(fx, 'bind', change)
    const layers = [await compare(fx, lower, upper), await compare(fx, lower, upper)]
    expect(layers[0]?.layer).toEqual(layers[1]?.layer)
  })

  it('bounds times by the source date', async () => {
    await using fx = await setup()
    const { lower, upper } = await changed(fx, 'bind', change)
    const { stored } = await compare(fx, lower, upper, { sourceDateEpoch: new Date(1_000_000_000_000) })
    const copy = new LayerStack(fx, 'bind', 'copy')
    await copy.apply(stored)
    for (const { mtimeNs } of (await copy.tree()).values())
      expect(mtimeNs).toBeLessThanOrEqual(1_000_000_000n * 1_000_000_000n)
  })

  it.each([
    ['gzip', undefined, gunzipSync],
    ['zstd', `${ociLayer}+zstd`, zstdDecompressSync],
  ])('compresses with %s and labels the blob with its uncompressed digest', async (_, mediaType, inflate) => {
    await using fx = await setup()
    const { lower, upper } = await changed(fx, 'bind', change)
    const plain = await compare(fx, lower, upper)
    const { content, layer, stored } = await compare(fx, lower, upper, { mediaType, labels: { own: 'label' } })
    expect(layer).toMatchObject({
      mediaType: mediaType ?? `${ociLayer}+gzip`,
      digest: sha256(stored),
      sizeBytes: stored.length,
    })
    expect(Buffer.from(inflate(stored))).toEqual(plain.stored)
    expect((await content.info(layer.digest)).labels).toEqual({
      own: 'label',
      'containerd.io/uncompressed': plain.layer.digest,
    })
  })

  it('reuses a ref after dropping its bytes, and a blob that exists', async () => {
    await using fx = await setup()
    const { lower, upper } = await changed(fx, 'bind', change)
    const content = new MemoryContentStore()
    {
      await using writer = await content.ingest('mine')
      await writer.write(Buffer.from('left over'))
    }
    const first = await fx.differ.compare(lower, upper, content, { ref: 'mine' })
    await content.update(first.digest, {})
    expect(await fx.differ.compare(lower, upper, content, { ref: 'mine' })).toEqual(first)
    expect((await content.info(first.digest)).labels['containerd.io/uncompressed']).toBeDefined()
  })

  it('refuses media types it does not write, and obeys an abort', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    await stack.apply(base)
    const content = new MemoryContentStore()
    const of = (options: object): Promise<Descriptor> => fx.differ.compare([], stack.view(), content, options)
    expect(await codeOfFailure(of({ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }))).toBe(
      Code.Unimplemented,
    )
    expect(await codeOfFailure(of({ signal: AbortSignal.abort() }))).toBe(Code.Canceled)
    for await (const status of content.ingests()) expect.fail(`ingest ${status.ref} was left behind`)
  })
}
