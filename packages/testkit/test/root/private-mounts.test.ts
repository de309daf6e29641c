// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  eventually,
  isAlive,
  mountsBelow,
  mountTable,
  mustRun,
  privateMounts,
  requireRoot,
  tempRoot,
} from '../../src/index.ts'

describe.skipIf(!requireRoot().open)('privateMounts', () => {
  it('hides the host’s /run/containerd and keeps its mounts to itself', async () => {
    await using mounts = await privateMounts()
    const touch = mounts.enter('touch', ['/run/containerd/of-the-test'])
    await mustRun(touch.program, touch.args)
    expect(existsSync('/run/containerd/of-the-test')).toBe(false)
    expect(mountTable().some(({ source }) => source === 'containerd-ts-test')).toBe(false)
  })

  it('kills what is still inside when disposed of', async () => {
    let pid: number
    {
      await using mounts = await privateMounts()
      const inside = mounts.enter('sh', ['-c', 'sleep 300 >/dev/null 2>&1 & echo $!'])
      pid = Number((await mustRun(inside.program, inside.args)).stdout)
      expect(isAlive(pid)).toBe(true)
    }
    await eventually('its end', () => !isAlive(pid))
  })
})

describe.skipIf(!requireRoot().open)('tempRoot', () => {
  it('refuses to delete while something is mounted below, and says what', async () => {
    const tmp = await tempRoot()
    const target = tmp.join('mnt')
    await mkdir(target)
    await mustRun('mount', ['-t', 'tmpfs', 'tmpfs', target])
    await writeFile(`${target}/kept`, '')
    expect(mountsBelow(tmp.path)).toHaveLength(1)
    await expect(tmp[Symbol.asyncDispose]()).rejects.toThrow(`${target} (tmpfs)`)
    expect(existsSync(`${target}/kept`)).toBe(true)
    await mustRun('umount', [target])
    await tmp[Symbol.asyncDispose]()
    expect(existsSync(tmp.path)).toBe(false)
  })
})
