// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, stat, writeFile, chmod, symlink } from 'node:fs/promises'
import { Code } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { AllowedRoots } from './allowed-roots.ts'
import { mkfsTransformer } from './mkfs.ts'

/** Every mkfs is a script: it writes its arguments into the last of them, the file. */
async function openWorld(script = 'for file; do :; done; echo "$0 $*" > "$file"') {
  const temp = await tempRoot('ctd-mkfs-')
  await mkdir(temp.join('disks'))
  const tool = temp.join('tool')
  await writeFile(tool, `#!/bin/sh\n${script}\n`)
  await chmod(tool, 0o755)
  const calls = { ...native, findExecutable: (name: string) => (name === 'mkfs.xfs' ? undefined : tool) }
  const transformer = mkfsTransformer(calls, new AllowedRoots([temp.join('disks')], native))
  return {
    temp,
    disk: temp.join('disks/a'),
    make: (source: string, ...options: readonly string[]) =>
      transformer.transform({ type: 't', source, options: options.map((o) => `X-containerd.mkfs.${o}`) }, [], {}),
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  }
}

describe('mkfs/', () => {
  it('has the tool work on a file of the size, which then gets its name', async () => {
    await using world = await openWorld('for file; do :; done; stat -c %s "$file" > "$file.size"; echo made > "$file"')
    const mount = await world.make(world.disk, 'size=64k')
    expect(mount).toEqual({ type: 't', source: world.disk, options: [] })
    const names = await readdir(world.temp.join('disks'))
    expect(await readFile(world.disk, 'utf8')).toBe('made\n')
    const size = names.find((name) => name.endsWith('.size')) ?? ''
    expect(await readFile(world.temp.join('disks', size), 'utf8')).toBe(`${64 * 1024}\n`)
    expect(names).toHaveLength(2)
    expect((await stat(world.disk)).mode & 0o777).toBe(0o600)
  })

  it('leaves a file that is there alone', async () => {
    await using world = await openWorld()
    await writeFile(world.disk, 'data')
    await world.make(world.disk, 'size=1m')
    expect(await readFile(world.disk, 'utf8')).toBe('data')
  })

  it('leaves nothing when the tool fails or is stopped', async () => {
    await using failing = await openWorld('echo too small >&2; exit 1')
    await expect(failing.make(failing.disk, 'size=1')).rejects.toThrow('too small')
    expect(await readdir(failing.temp.join('disks'))).toEqual([])
  })

  it('says which tool is missing', async () => {
    await using world = await openWorld()
    await expect(world.make(world.disk, 'size=1m', 'fs=xfs')).rejects.toMatchObject({
      code: Code.Unavailable,
      message: expect.stringContaining('mkfs.xfs'),
    })
  })

  it('makes files only where it may', async () => {
    await using world = await openWorld()
    await symlink(world.temp.path, world.temp.join('disks/out'))
    const make = (source: string) => world.make(source, 'size=1m')
    await expect(make(world.temp.join('x'))).rejects.toMatchObject({ code: Code.Unimplemented })
    await expect(make(world.temp.join('disks/out/x'))).rejects.toMatchObject({ code: Code.FailedPrecondition })
    await expect(make(world.temp.join('disks/none/x'))).rejects.toMatchObject({ code: Code.FailedPrecondition })
    await expect(make(world.temp.join('disks/out'))).rejects.toMatchObject({ code: Code.FailedPrecondition })
    await expect(make('relative')).rejects.toMatchObject({ code: Code.InvalidArgument })
    await expect(make('')).rejects.toMatchObject({ code: Code.InvalidArgument })
    expect((await readdir(world.temp.path)).toSorted()).toEqual(['disks', 'tool'])
  })
})
