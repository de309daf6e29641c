// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest'
import { archive, type ArchiveEntry } from './diff-archive.ts'
import { LayerStack, undated, type DifferFixture } from './diff-stack.ts'

const base: readonly ArchiveEntry[] = [
  { name: 'keep', content: 'keep' },
  { name: 'gone', content: 'gone' },
  { name: 'dir/' },
  { name: 'dir/one', content: '1' },
  { name: 'dir/sub/' },
  { name: 'dir/sub/two', content: '2' },
  { name: 'other/' },
  { name: 'other/three', content: '3' },
  { name: 'alias', type: '2', link: 'dir' },
]

const untouched = ['alias', 'keep', 'other', 'other/three']

/** Layer entries over `base`, and the paths that then stand. */
const cases: readonly (readonly [title: string, layer: readonly ArchiveEntry[], paths: readonly string[]])[] = [
  ['a file', [{ name: '.wh.gone' }], ['dir', 'dir/one', 'dir/sub', 'dir/sub/two', ...untouched]],
  [
    'a file below directories without entries',
    [{ name: 'dir/sub/.wh.two' }],
    ['dir', 'dir/one', 'dir/sub', 'gone', ...untouched],
  ],
  ['a directory', [{ name: '.wh.dir' }], ['gone', ...untouched]],
  [
    'what is not there',
    [{ name: '.wh.nothing' }, { name: 'other/.wh.nothing' }],
    ['dir', 'dir/one', 'dir/sub', 'dir/sub/two', 'gone', ...untouched],
  ],
  [
    'a name that looks like a marker',
    [{ name: '.wh..wh.plnk' }],
    ['dir', 'dir/one', 'dir/sub', 'dir/sub/two', 'gone', ...untouched],
  ],
  [
    'a file, then made again',
    [{ name: '.wh.gone' }, { name: 'gone', content: 'new' }],
    ['dir', 'dir/one', 'dir/sub', 'dir/sub/two', 'gone', ...untouched],
  ],
  [
    'a directory, then made again',
    [{ name: '.wh.dir' }, { name: 'dir/' }, { name: 'dir/new' }],
    ['dir', 'dir/new', 'gone', ...untouched],
  ],
  [
    'a directory, then filled without entry of its own',
    [{ name: '.wh.dir' }, { name: 'dir/sub/new' }],
    ['dir', 'dir/sub', 'dir/sub/new', 'gone', ...untouched],
  ],
  [
    'what this layer made',
    [{ name: 'fresh' }, { name: '.wh.fresh' }],
    ['dir', 'dir/one', 'dir/sub', 'dir/sub/two', 'gone', ...untouched],
  ],
  [
    'what an opaque directory hides',
    [{ name: 'dir/' }, { name: 'dir/.wh..wh..opq' }, { name: 'dir/new' }],
    ['dir', 'dir/new', 'gone', ...untouched],
  ],
  [
    'what an opaque directory hides, marked last',
    [{ name: 'dir/' }, { name: 'dir/new' }, { name: 'dir/.wh..wh..opq' }],
    ['dir', 'dir/new', 'gone', ...untouched],
  ],
  [
    'what an opaque directory hides, below a kept subdirectory too',
    [{ name: 'dir/' }, { name: 'dir/sub/' }, { name: 'dir/sub/new' }, { name: 'dir/.wh..wh..opq' }],
    ['dir', 'dir/sub', 'dir/sub/new', 'gone', ...untouched],
  ],
  [
    'what an opaque directory hides, below a subdirectory without entry',
    [{ name: 'dir/sub/new' }, { name: 'dir/.wh..wh..opq' }],
    ['dir', 'dir/sub', 'dir/sub/new', 'gone', ...untouched],
  ],
  ['everything', [{ name: '.wh..wh..opq' }, { name: 'new' }], ['new']],
]

export function applyDeletions(setup: () => Promise<DifferFixture>): void {
  it.each(cases)('deletes %s, the same in every kind of mount', async (_, layer, paths) => {
    await using fx = await setup()
    const trees = []
    for (const mode of ['bind', 'overlay'] as const) {
      const stack = new LayerStack(fx, mode)
      await stack.apply(archive(base))
      await stack.apply(archive(layer))
      trees.push(undated(await stack.tree()))
    }
    expect([...(trees[0]?.keys() ?? [])].sort()).toEqual([...paths].sort())
    expect(trees[1]).toEqual(trees[0])
  })

  it('links to a file of a layer below, the same in every kind of mount', async () => {
    await using fx = await setup()
    const trees = []
    for (const mode of ['bind', 'overlay'] as const) {
      const stack = new LayerStack(fx, mode)
      await stack.apply(
        archive([
          { name: 'a/', mode: 0o700 },
          { name: 'a/tool', content: 'tool', mode: 0o4755, uid: 3 },
        ]),
      )
      await stack.apply(archive([{ name: 'b', type: '1', link: 'a/tool', mode: 0o4755, uid: 3 }]))
      trees.push(undated(await stack.tree()))
    }
    expect(trees[0]?.get('b')).toMatchObject({ sameAs: 'a/tool', content: 'tool', mode: '4755' })
    expect(trees[1]).toEqual(trees[0])
  })

  it('lets a deletion hold over more layers', async () => {
    await using fx = await setup()
    const stack = new LayerStack(fx, 'overlay')
    await stack.apply(archive(base))
    await stack.apply(archive([{ name: '.wh.dir' }]))
    await stack.apply(archive([{ name: 'dir/' }, { name: 'dir/new' }]))
    expect([...(await stack.tree()).keys()]).toEqual([
      'alias',
      'dir',
      'dir/new',
      'gone',
      'keep',
      'other',
      'other/three',
    ])
  })
}
