// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Code } from '@containerd-ts/errdefs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOfFailure } from './failure-code.ts'
import { archive, headerBlock, type ArchiveEntry } from './diff-archive.ts'
import { LayerStack, ociLayer, type DifferFixture, type StackMode } from './diff-stack.ts'

/** Ways out of the root; `OUT` stands for an absolute directory outside. */
const escapes: readonly (readonly [title: string, entries: readonly ArchiveEntry[]])[] = [
  [
    'a name that climbs',
    [
      { name: '../../../../../../../../OUT/new', content: 'x' },
      { name: 'a/../../OUT/new', content: 'x' },
    ],
  ],
  ['an absolute name', [{ name: '/OUT/new', content: 'x' }]],
  [
    'an absolute link as parent',
    [
      { name: 'l', type: '2', link: '/OUT' },
      { name: 'l/new', content: 'x' },
      { name: 'l/victim', content: 'x' },
    ],
  ],
  [
    'a climbing link as parent',
    [
      { name: 'l', type: '2', link: '../../../../../../../../OUT' },
      { name: 'l/victim', content: 'x' },
    ],
  ],
  [
    'links that chain',
    [
      { name: 'a', type: '2', link: '..' },
      { name: 'b', type: '2', link: 'a/../../../../../../OUT' },
      { name: 'b/victim', content: 'x' },
    ],
  ],
  [
    'a directory over a link',
    [
      { name: 'l', type: '2', link: '/OUT' },
      { name: 'l/', mode: 0o777 },
      { name: 'l/new', content: 'x' },
    ],
  ],
  [
    'a hard link out',
    [
      { name: 'h', type: '1', link: '/OUT/victim' },
      { name: 'h', content: 'x' },
    ],
  ],
  ['a hard link out, climbing', [{ name: 'h', type: '1', link: '../../../../../../../OUT/victim', mode: 0o777 }]],
  [
    'a hard link through a link',
    [
      { name: 'l', type: '2', link: '/OUT' },
      { name: 'h', type: '1', link: 'l/victim', mode: 0o777 },
    ],
  ],
  [
    'a file written through a link',
    [
      { name: 'l', type: '2', link: '/OUT/victim' },
      { name: 'l', content: 'x', mode: 0o777 },
    ],
  ],
  ['a whiteout through a link', [{ name: 'l', type: '2', link: '/OUT' }, { name: 'l/.wh.victim' }]],
  ['an opaque mark through a link', [{ name: 'l', type: '2', link: '/OUT' }, { name: 'l/.wh..wh..opq' }]],
  ['a whiteout that climbs', [{ name: '.wh...' }, { name: '.wh../OUT' }]],
  [
    'a magic link',
    [
      { name: 'l', type: '2', link: '/proc/self/root/OUT' },
      { name: 'l/victim', content: 'x' },
    ],
  ],
]

export function applyHostile(setup: () => Promise<DifferFixture>): void {
  describe.each<StackMode>(['bind', 'overlay'])('hostile layer on %s', (mode) => {
    it.each(escapes)('does not leave the root: %s', async (_, entries) => {
      await using fx = await setup()
      const out = join(fx.scratch, 'outside')
      await mkdir(out)
      await writeFile(join(out, 'victim'), 'untouched', { mode: 0o600 })
      const stack = new LayerStack(fx, mode)
      await stack.apply(archive([{ name: 'base' }]))
      const point = (text: string | Buffer | undefined) =>
        typeof text === 'string' ? text.replace('OUT', out.slice(1)) : text
      const aimed = entries.map((entry) => {
        const name = point(entry.name) ?? ''
        const link = point(entry.link)
        return link === undefined ? { ...entry, name } : { ...entry, name, link }
      })
      await codeOfFailure(stack.apply(archive(aimed))) // refused or contained: both are right
      expect(await readdir(out)).toEqual(['victim'])
      expect(await readFile(join(out, 'victim'), 'utf8')).toBe('untouched')
      const { mode: bits, nlink } = await stat(join(out, 'victim'))
      expect([bits & 0o777, nlink]).toEqual([0o600, 1])
    })
  })

  const good = archive([{ name: 'f', content: 'x'.repeat(5000) }])
  const badSum = Buffer.from(good)
  badSum[0] = 0x7a
  const zipped = gzipSync(archive([{ name: 'f', content: Buffer.alloc(100_000, 'abc') }]))
  const flipped = Buffer.from(zipped)
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 0xff
  it.each([
    ['a tar cut inside content', ociLayer, good.subarray(0, 2000), [Code.DataLoss]],
    ['a tar cut inside a header', ociLayer, good.subarray(0, 300), [Code.DataLoss]],
    ['a wrong checksum', ociLayer, badSum, [Code.InvalidArgument]],
    ['a gzip cut short', `${ociLayer}+gzip`, zipped.subarray(0, zipped.length - 20), [Code.DataLoss]],
    ['a gzip with a flipped byte', `${ociLayer}+gzip`, flipped, [Code.DataLoss, Code.InvalidArgument]],
    [
      'a gzip followed by rubbish',
      `${ociLayer}+gzip`,
      Buffer.concat([zipped, Buffer.from('rubbish')]),
      [Code.DataLoss],
    ],
    ['an unknown type', ociLayer, archive([{ name: 'f', type: 'Z' }]), [Code.InvalidArgument]],
    ['an endless PAX header', ociLayer, headerBlock({ name: 'p', type: 'x' }, 2 ** 31), [Code.InvalidArgument]],
    [
      'a PAX record with a wrong length',
      ociLayer,
      archive([{ name: 'p', type: 'x', content: '99 path=x\n' }, { name: 'f' }]),
      [Code.InvalidArgument],
    ],
    ['a whiteout of nothing', ociLayer, archive([{ name: 'dir/.wh.' }]), [Code.InvalidArgument]],
    ['a whiteout of the directory itself', ociLayer, archive([{ name: 'dir/.wh..' }]), [Code.InvalidArgument]],
    ['a whiteout of the parent', ociLayer, archive([{ name: 'dir/.wh...' }]), [Code.InvalidArgument]],
  ])('refuses %s', async (_, mediaType, stored, codes) => {
    await using fx = await setup()
    expect(codes).toContain(await codeOfFailure(new LayerStack(fx, 'bind').apply(stored, { mediaType })))
  })

  it('survives layers damaged anywhere: applied or refused, never out of its root, nothing left open', async () => {
    await using fx = await setup()
    const out = join(fx.scratch, 'outside')
    await mkdir(out)
    const whole = archive([
      { name: 'd/', mode: 0o700 },
      { name: 'd/f', content: 'content', pax: { 'SCHILY.xattr.user.a': 'b', mtime: '5.25' } },
      { name: 'l', type: '2', link: out },
      { name: 'l/in', content: 'x' },
      { name: 'h', type: '1', link: 'd/f' },
      { name: 'd/.wh..wh..opq' },
      { name: '.wh.h' },
    ])
    await new LayerStack(fx, 'bind', 'first').apply(archive([{ name: 'warm' }]))
    const openBefore = (await readdir('/proc/self/fd')).length
    let run = 0
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        damage,
        fc.nat(whole.length),
        fc.constantFrom<StackMode>('bind', 'overlay'),
        async (changes, cut, mode) => {
          const broken = Buffer.from(cut % 3 === 0 ? whole.subarray(0, cut) : whole)
          for (const [at, byte] of changes) if (at < broken.length) broken[at] = byte
          const stack = new LayerStack(fx, mode, `run-${run++}`)
          await stack.apply(archive([{ name: 'd/' }, { name: 'd/old' }]))
          await codeOfFailure(stack.apply(broken))
          expect(await readdir(out)).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
    expect((await readdir('/proc/self/fd')).length).toBeLessThan(openBefore + 6)
  })

  it('goes on to the next layer after a broken one', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'bind')
    for (let i = 0; i < 5; i++) expect(await codeOfFailure(stack.apply(badSum))).toBe(Code.InvalidArgument)
    await stack.apply(good)
    expect([...(await stack.tree()).keys()]).toEqual(['f'])
  })

  it('keeps many layers apart that are applied at once', async () => {
    await using fx = await setup()
    const stacks = Array.from({ length: 8 }, (_, i) => new LayerStack(fx, 'bind', `stack-${i}`))
    await Promise.all(
      stacks.map((stack, i) => stack.apply(archive([{ name: `file-${i}`, content: Buffer.alloc(700_000, i) }]))),
    )
    for (const [i, stack] of stacks.entries()) expect([...(await stack.tree()).keys()]).toEqual([`file-${i}`])
  })
}
