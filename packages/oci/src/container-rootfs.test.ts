// SPDX-License-Identifier: Apache-2.0
import type { Container, Mount } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { containerRootfs, containerSpec } from './container-rootfs.ts'

const mounts: readonly Mount[] = [{ type: 'overlay', source: 'overlay', options: ['index=off'] }]
const snapshotters = (name: string) => ({ mounts: async (key: string) => (name === 'a' && key === 'k' ? mounts : []) })

const container = (change: Partial<Container> = {}, spec?: object): Container => ({
  id: 'one',
  image: '',
  labels: {},
  runtime: { name: 'io.containerd.runc.v2' },
  snapshotter: 'a',
  snapshotKey: 'k',
  sandboxId: '',
  extensions: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...(spec !== undefined && {
    spec: {
      typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Spec',
      value: Buffer.from(JSON.stringify(spec)),
    },
  }),
  ...change,
})

describe('root file system of a container', () => {
  it('is what its snapshotter mounts for its key', async () => {
    expect(await containerRootfs(container(), snapshotters)).toEqual(mounts)
  })

  it('is nothing without a snapshot', async () => {
    expect(await containerRootfs(container({ snapshotter: '', snapshotKey: '' }), snapshotters)).toEqual([])
  })

  it('carries the SELinux label of the spec', async () => {
    const labelled = container({}, { linux: { mountLabel: 'system_u:object_r:x:s0' } })
    expect(await containerRootfs(labelled, snapshotters)).toEqual([
      { ...mounts[0], options: ['index=off', 'context="system_u:object_r:x:s0"'] },
    ])
  })
})

describe('spec of a container', () => {
  it('is read from the record', () => {
    expect(containerSpec(container({}, { process: { terminal: true } }))?.process?.terminal).toBe(true)
  })

  it('may be absent', () => {
    expect(containerSpec(container())).toBeUndefined()
  })
})
