// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { archive } from './diff-archive.ts'
import { descriptorOf, LayerStack, ociLayer, sha256, type DifferFixture, type StackMode } from './diff-stack.ts'
import { MemoryContentStore } from './content-memory.ts'
import { codeOfFailure } from './failure-code.ts'

const docker = 'application/vnd.docker.image.rootfs.diff.tar'

export function applyContents(setup: () => Promise<DifferFixture>): void {
  describe.each<StackMode>(['bind', 'overlay'])('apply to %s', (mode) => {
    it('makes files, directories, links and devices with their metadata', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(archive([{ name: 'base/' }]))
      const large = randomBytes(3_000_000)
      await stack.apply(
        archive([
          { name: 'dir/', mode: 0o2750, uid: 10, gid: 20, mtime: 1_100_000_000 },
          { name: 'dir/file', content: 'text', mode: 0o4755, uid: 1000, gid: 2000, mtime: 1_200_000_000 },
          { name: 'dir/large', content: large },
          { name: 'dir/empty' },
          { name: 'deep/er/than/entries', content: 'x' },
          { name: 'soft', type: '2', link: '../anywhere', mtime: 1_300_000_000 },
          { name: 'hard', type: '1', link: 'dir/file', mode: 0o4755, uid: 1000, gid: 2000, mtime: 1_200_000_000 },
          { name: 'char', type: '3', major: 1, minor: 3, mode: 0o666 },
          { name: 'block', type: '4', major: 259, minor: 300_000, mode: 0o660, gid: 6 },
          { name: 'fifo', type: '6', mode: 0o600 },
        ]),
      )
      const tree = await stack.tree()
      const second = 1_000_000_000n
      expect(tree.get('dir')).toMatchObject({ mode: '2750', owner: '10:20', mtimeNs: 1_100_000_000n * second })
      expect(tree.get('dir/file')).toMatchObject({
        content: 'text',
        mode: '4755',
        owner: '1000:2000',
        mtimeNs: 1_200_000_000n * second,
      })
      expect(tree.get('dir/large')?.content).toBe(`3000000 ${sha256(large).slice(7)}`)
      expect(tree.get('dir/empty')).toMatchObject({ type: 'File', content: '', mode: '644' })
      expect(tree.get('deep/er/than')).toMatchObject({ type: 'Directory', mode: '755', owner: '0:0' })
      expect(tree.get('soft')).toMatchObject({
        type: 'SymbolicLink',
        link: '../anywhere',
        mtimeNs: 1_300_000_000n * second,
      })
      expect(tree.get('hard')).toMatchObject({ sameAs: 'dir/file', mode: '4755' })
      expect(tree.get('char')).toMatchObject({ type: 'CharacterDevice', mode: '666', device: 0x103n })
      expect(tree.get('block')).toMatchObject({
        type: 'BlockDevice',
        owner: '0:6',
        device: (0x493n << 20n) | 0x1_03e0n,
      })
      expect(tree.get('fifo')).toMatchObject({ type: 'FIFO', mode: '600' })
    })

    it('keeps bytes of names, links and attributes', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      const odd = Buffer.from([0x6e, 0xff, 0xfe, 0x6d])
      const value = Buffer.from([0, 1, 0xff, 0x0a, 0x80])
      const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
      const long = `${'long-directory-name/'.repeat(12)}${'f'.repeat(200)}`
      await stack.apply(
        archive([
          { name: odd, content: 'odd' },
          { name: 'l', type: '2', link: odd },
          {
            name: 'x',
            content: 'x',
            pax: { 'SCHILY.xattr.user.bin': value, 'SCHILY.xattr.security.capability': capability },
          },
          { name: 'short', content: 'long', pax: { path: long } },
          { name: 'short-link', type: '2', pax: { linkpath: `${long}-target` } },
        ]),
      )
      const tree = await stack.tree()
      expect(tree.get('hex:6efffe6d')?.content).toBe('odd')
      expect(tree.get('l')?.link).toBe(odd.toString('latin1'))
      expect(tree.get('x')?.xattrs).toEqual({
        'user.bin': value.toString('hex'),
        'security.capability': capability.toString('hex'),
      })
      expect(tree.get(long)?.content).toBe('long')
      expect(tree.get('short-link')?.link).toBe(`${long}-target`)
    })

    it('leaves out attributes that are not the layer’s to set', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'f', pax: { 'SCHILY.xattr.trusted.overlay.redirect': '/etc', 'SCHILY.xattr.user.kept': 'yes' } },
          { name: 's', type: '2', link: 'f', pax: { 'SCHILY.xattr.user.impossible': 'x' } },
        ]),
      )
      const tree = await stack.tree()
      expect(tree.get('f')?.xattrs).toEqual({ 'user.kept': Buffer.from('yes').toString('hex') })
      expect(tree.get('s')?.type).toBe('SymbolicLink')
    })

    it('bounds times', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'early', pax: { mtime: '-5' } },
          { name: 'late', pax: { mtime: '99999999999999' } },
          { name: 'fine', pax: { mtime: '1234567890.123456789' } },
        ]),
      )
      const tree = await stack.tree()
      expect(['early', 'late', 'fine'].map((name) => tree.get(name)?.mtimeNs)).toEqual([
        0n,
        0n,
        1_234_567_890_123_456_789n,
      ])
    })

    it('replaces what stands in the way, and merges directories', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'file', content: 'old' },
          { name: 'dir/' },
          { name: 'dir/old', content: 'old' },
          { name: 'tree/' },
          { name: 'tree/old' },
          { name: 'link', type: '2', link: 'dir' },
          { name: 'turns/' },
          { name: 'turns/old' },
        ]),
      )
      await stack.apply(
        archive([
          { name: 'file/' },
          { name: 'dir/', mode: 0o700 },
          { name: 'dir/new', content: 'new' },
          { name: 'tree', content: 'file now' },
          { name: 'link', content: 'file now' },
          { name: 'turns', content: 'file for a moment' },
          { name: 'turns/' },
          { name: 'turns/new' },
        ]),
      )
      const tree = await stack.tree()
      expect([...tree.keys()]).toEqual(['dir', 'dir/new', 'dir/old', 'file', 'link', 'tree', 'turns', 'turns/new'])
      expect(tree.get('file')?.type).toBe('Directory')
      expect(tree.get('dir')?.mode).toBe('700')
      expect(tree.get('tree')?.content).toBe('file now')
      expect(tree.get('link')?.content).toBe('file now')
    })

    it('gives missing parents what the layers below say of them', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'a/', mode: 0o711, uid: 5 },
          { name: 'a/b/', mode: 0o1777, gid: 7 },
        ]),
      )
      await stack.apply(archive([{ name: 'a/b/c', content: 'x' }]))
      const tree = await stack.tree()
      expect(tree.get('a')).toMatchObject({ mode: '711', owner: '5:0' })
      expect(tree.get('a/b')).toMatchObject({ mode: '1777', owner: '0:7' })
    })

    it('sees entries of the root itself and global headers, and passes by', async () => {
      await using fx = await setup()
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'pax_global_header', type: 'g' },
          { name: './', mode: 0o700 },
          { name: '/./a//b/', mode: 0o700 },
        ]),
      )
      expect([...(await stack.tree()).keys()]).toEqual(['a', 'a/b'])
    })
  })

  const bytes = archive([{ name: 'f', content: randomBytes(500_000) }])
  const halves = [bytes.subarray(0, 100_000), bytes.subarray(100_000)]
  it.each([
    ['plain', ociLayer, bytes],
    ['gzip', `${ociLayer}+gzip`, gzipSync(bytes)],
    ['gzip of two members', `${ociLayer}+gzip`, Buffer.concat(halves.map((half) => gzipSync(half)))],
    ['zstd', `${ociLayer}+zstd`, zstdCompressSync(bytes)],
    ['zstd of two frames', `${ociLayer}+zstd`, Buffer.concat(halves.map((half) => zstdCompressSync(half)))],
    [
      'zstd behind a skippable frame',
      `${ociLayer}+zstd`,
      Buffer.concat([Buffer.from('502a4d180400000061626364', 'hex'), zstdCompressSync(bytes)]),
    ],
    ['plain that calls itself gzip', `${ociLayer}+gzip`, bytes],
    ['zstd that calls itself gzip', `${docker}.gzip`, zstdCompressSync(bytes)],
    ['gzip of a Docker type without suffix', docker, gzipSync(bytes)],
    [
      'gzip of a layer not to be distributed',
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      gzipSync(bytes),
    ],
  ])('answers the uncompressed digest and size: %s', async (_, mediaType, stored) => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    expect(await stack.apply(stored, { mediaType })).toEqual({ ...descriptorOf(bytes) })
    expect([...(await stack.tree()).keys()]).toEqual(['f'])
  })

  it('counts what follows the end of the archive', async () => {
    await using fx = await setup()
    const longer = Buffer.concat([bytes, Buffer.from('tail that nobody reads'), Buffer.alloc(5000)])
    expect(await new LayerStack(fx, 'bind').apply(gzipSync(longer), { mediaType: `${ociLayer}+gzip` })).toEqual(
      descriptorOf(longer),
    )
  })

  it('takes an empty stream for an empty layer', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    expect(await stack.apply(Buffer.alloc(0))).toEqual(descriptorOf(Buffer.alloc(0)))
    expect((await stack.tree()).size).toBe(0)
  })

  it('reports progress in stored bytes', async () => {
    await using fx = await setup()
    const stored = gzipSync(bytes)
    const seen: number[] = []
    await new LayerStack(fx, 'bind').apply(stored, {
      mediaType: docker,
      onProgress: (readBytes) => seen.push(readBytes),
    })
    expect(seen.at(-1)).toBe(stored.length)
  })

  it('flushes the file system when asked', async () => {
    await using fx = await setup()
    expect(await new LayerStack(fx, 'bind').apply(bytes, { syncFs: true })).toEqual(descriptorOf(bytes))
  })

  it('stops at an abort and lets go of the mount', async () => {
    await using fx = await setup()
    const controller = new AbortController()
    const content = new MemoryContentStore()
    const stored = archive([{ name: 'f', content: Buffer.alloc(64 << 20) }])
    await content.put(stored)
    const slow = {
      open: async () => {
        const reader = await content.open(sha256(stored))
        return {
          ...reader,
          read: (offset: number, length: number) => {
            if (offset > 8 << 20) controller.abort()
            return reader.read(offset, length)
          },
        }
      },
    }
    const applied = new LayerStack(fx, 'bind').apply(stored, { content: slow, signal: controller.signal })
    expect(await codeOfFailure(applied)).toBe(Code.Canceled)
  })

  it('passes on what reading the blob failed with', async () => {
    await using fx = await setup()
    const content = {
      open: async () => ({
        sizeBytes: 1000,
        read: () => Promise.reject(new Error('disk on fire')),
        [Symbol.asyncDispose]: async () => {},
      }),
    }
    await expect(new LayerStack(fx, 'bind').apply(bytes, { content })).rejects.toThrow('disk on fire')
    expect(await codeOfFailure(new LayerStack(fx, 'bind', 'other').apply(bytes, { content: new EmptyStore() }))).toBe(
      Code.NotFound,
    )
  })

  it('refuses media types that are no layers', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    for (const mediaType of [
      'application/vnd.oci.image.config.v1+json',
      'application/vnd.erofs.layer.v1',
      'text/plain',
      '',
    ]) {
      expect(await codeOfFailure(stack.apply(bytes, { mediaType }))).toBe(Code.Unimplemented)
    }
  })
}

/** Forgets what it is given. */
class EmptyStore extends MemoryContentStore {
  override async put(bytes: Uint8Array) {
    return sha256(bytes)
  }
}
