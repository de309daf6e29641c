// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { Code } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import { openFiles, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { AllowedRoots } from './allowed-roots.ts'
import { mkdirTransformer } from './mkdir.ts'

async function openWorld() {
  const temp = await tempRoot('ctd-mkdir-')
  for (const name of ['allowed', 'allowed/deeper', 'allowed2']) await mkdir(temp.join(name))
  const transformer = mkdirTransformer(new AllowedRoots([temp.join('allowed'), temp.join('allowed/deeper')], native))
  return {
    temp,
    run: (...options: readonly string[]) => transformer.transform({ type: 't', source: 's', options }, [], {}),
    make: (value: string) =>
      transformer.transform(
        { type: 't', source: 's', options: [`X-containerd.mkdir.path=${temp.join('allowed')}${value}`] },
        [],
        {},
      ),
    mode: async (path: string) => (await stat(temp.join('allowed', path))).mode & 0o7777,
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  }
}

describe('mkdir/', () => {
  it('makes directories and those above them, and takes its options away', async () => {
    await using world = await openWorld()
    const option = `X-containerd.mkdir.path=${world.temp.join('allowed/x/y')}:751`
    const { options } = await world.run('ro', option, 'X-containerd.other.a=b')
    expect(options).toEqual(['ro', 'X-containerd.other.a=b'])
    expect([await world.mode('x'), await world.mode('x/y')]).toEqual([0o700, 0o751])
    await world.make('/deeper/z')
    expect(await world.mode('deeper/z')).toBe(0o700)
  })

  it('gives them to an owner', async () => {
    await using world = await openWorld()
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    await world.make(`/mine:0700:${uid}:${gid}`)
    expect(await stat(world.temp.join('allowed/mine'))).toMatchObject({ uid, gid })
  })

  it('takes one that is there as it is', async () => {
    await using world = await openWorld()
    await world.make('/x:711')
    await world.make('/x:777')
    await world.make('/')
    expect(await world.mode('x')).toBe(0o711)
  })

  it('follows links that stay below, and no others', async () => {
    await using world = await openWorld()
    await symlink('deeper', world.temp.join('allowed/inside'))
    await symlink('../allowed2', world.temp.join('allowed/out'))
    await symlink(world.temp.join('allowed2'), world.temp.join('allowed/far'))
    await world.make('/inside/x')
    expect(await readdir(world.temp.join('allowed/deeper'))).toEqual(['x'])
    for (const path of ['/out', '/out/x', '/far/x/y']) {
      await expect(world.make(path)).rejects.toMatchObject({ code: Code.FailedPrecondition })
    }
    expect(await readdir(world.temp.join('allowed2'))).toEqual([])
  })

  it.each([
    { value: '/../allowed2/x', code: Code.Unimplemented },
    { value: '2/x', code: Code.Unimplemented },
    { value: '/file', code: Code.FailedPrecondition },
    { value: '/file/x', code: Code.FailedPrecondition },
    { value: '/x:999', code: Code.InvalidArgument },
    { value: '/x:1777', code: Code.InvalidArgument },
    { value: '/x:700:1', code: Code.InvalidArgument },
    { value: '/x:700:a:b', code: Code.InvalidArgument },
  ])('refuses $value', async ({ value, code }) => {
    await using world = await openWorld()
    await writeFile(world.temp.join('allowed/file'), '')
    const before = openFiles().size
    await expect(world.make(value)).rejects.toMatchObject({ code })
    expect(openFiles().size).toBe(before)
    expect((await readdir(world.temp.join('allowed'))).toSorted()).toEqual(['deeper', 'file'])
    expect(await readdir(world.temp.join('allowed2'))).toEqual([])
  })

  it.each(['X-containerd.mkdir.mode=1', 'X-containerd.mkdir.path=relative', 'X-containerd.mkdir.path='])(
    'refuses %s',
    async (option) => {
      await using world = await openWorld()
      await expect(world.run(option)).rejects.toMatchObject({ code: Code.InvalidArgument })
    },
  )
})
