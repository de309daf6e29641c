// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isFailedPrecondition, isInvalidArgument } from '@containerd-ts/errdefs'
import { claimRoot } from '@containerd-ts/server'
import { runCommand, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'

const codeOfFailure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('claim on a root', () => {
  it('makes the directories with the modes of the original and guards the root against a Go daemon', async () => {
    await using temp = await tempRoot()
    await using _claim = await claimRoot({ root: temp.join('r'), state: temp.join('s'), temp: '' })
    expect((await stat(temp.join('r'))).mode & 0o777).toBe(0o700)
    expect((await stat(temp.join('s'))).mode & 0o777).toBe(0o711)
    expect(await readFile(temp.join('r', 'io.containerd.metadata.v1.bolt'), 'utf8')).toContain('containerd-ts')
  })

  it('keeps a second daemon out, naming the pid that holds it, until it is given up', async () => {
    await using temp = await tempRoot()
    const dirs = { root: temp.join('r'), state: temp.join('s'), temp: '' }
    const claim = await claimRoot(dirs)
    const program = fileURLToPath(new URL('./support/claim-root.ts', import.meta.url))
    const second = (): ReturnType<typeof runCommand> =>
      runCommand(process.execPath, ['--conditions=@containerd-ts/source', program, dirs.root, dirs.state])
    expect((await second()).stderr).toContain(`in use by process ${process.pid}`)
    await claim[Symbol.asyncDispose]()
    expect((await second()).stdout).toContain('claimed')
  })

  it('refuses a root with the metadata of a Go daemon, and leaves it alone', async () => {
    await using temp = await tempRoot()
    await mkdir(temp.join('r', 'io.containerd.metadata.v1.bolt'), { recursive: true })
    await writeFile(temp.join('r', 'io.containerd.metadata.v1.bolt', 'meta.db'), '')
    const error = await codeOfFailure(claimRoot({ root: temp.join('r'), state: temp.join('s'), temp: '' }))
    expect(isFailedPrecondition(error)).toBe(true)
    expect(String(error)).toContain('meta.db')
    expect(existsSync(temp.join('s'))).toBe(false)
  })

  it.each([
    ['', '/s'],
    ['/r', ''],
    ['/same', '/same/'],
  ])('refuses root %j with state %j', async (root, state) => {
    expect(isInvalidArgument(await codeOfFailure(claimRoot({ root, state, temp: '' })))).toBe(true)
  })
})
