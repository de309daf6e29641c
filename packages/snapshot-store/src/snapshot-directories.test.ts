// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { silentLogger } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { openStore, type Store } from '@containerd-ts/store'
import { tempRoot, type TempRoot } from '@containerd-ts/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SnapshotDirectories } from './snapshot-directories.ts'
import { SnapshotStore } from './snapshot-store.ts'

describe('SnapshotDirectories', () => {
  let root: TempRoot
  let store: Store
  let records: SnapshotStore
  let directories: SnapshotDirectories

  beforeEach(async () => {
    root = await tempRoot('directories-')
    store = await openStore(root.join('store'))
    records = await SnapshotStore.open(store)
    await mkdir(root.join('snapshots'))
    directories = new SnapshotDirectories(root.join('snapshots'), records, silentLogger)
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await root[Symbol.asyncDispose]()
  })

  const create = (key: string, fill = (path: string) => writeFile(`${path}/${key}`, '')): Promise<number> =>
    directories.create({
      fill,
      record: (snapshots) => snapshots.create('active', key, undefined),
      answer: ({ id }) => id,
    })
  const present = (): Promise<string[]> => readdir(directories.path)

  it('names a filled directory by its id', async () => {
    expect([await create('a'), await create('b')]).toEqual([1, 2])
    expect(await present()).toEqual(['1', '2'])
    expect(await readdir(directories.of(2))).toEqual(['b'])
  })

  it('leaves nothing when filling or recording fails', async () => {
    await create('a')
    await expect(create('b', () => Promise.reject(new Error('no space')))).rejects.toThrow('no space')
    await expect(create('a')).rejects.toMatchObject({ code: Code.AlreadyExists })
    expect(await present()).toEqual(['1'])
  })

  it('removes a placed directory whose record was undone', async () => {
    const failing = directories.create({
      fill: async () => {},
      record: (snapshots) => snapshots.create('active', 'a', undefined),
      answer: () => {
        throw new Error('no answer')
      },
    })
    await expect(failing).rejects.toThrow('no answer')
    expect(await present()).toEqual([])
    expect(await create('a')).toBe(1)
  })

  it('takes the place of a directory that a crash left without record', async () => {
    await mkdir(`${directories.of(1)}/fs`, { recursive: true })
    await writeFile(`${directories.of(1)}/fs/old`, '')
    expect(await create('a')).toBe(1)
    expect(await readdir(directories.of(1))).toEqual(['a'])
    await directories.cleanup()
    expect(await present()).toEqual(['1'])
  })

  it('cleans up beside directories in the making', async () => {
    await mkdir(`${directories.path}/new-left`)
    await mkdir(`${directories.path}/rm-7`)
    const { promise: filled, resolve: goOn } = Promise.withResolvers<void>()
    const making = create('slow', async (path) => {
      await writeFile(`${path}/slow`, '')
      await filled
    })
    await create('fast')
    await directories.cleanup()
    goOn()
    await making
    expect(await present()).toEqual(['1', '2'])
  })
})
