// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import type { WorkspacePackage } from '../lib/packages.ts'
import { libConfig, rootConfig, testConfig } from './plan.ts'

const pkg: WorkspacePackage = {
  id: 'x',
  name: '@containerd-ts/x',
  dir: '/nonexistent',
  manifest: {
    name: '@containerd-ts/x',
    dependencies: { '@containerd-ts/core': '0.1.0', lmdb: '3' },
    devDependencies: { '@containerd-ts/testkit': '0.1.0' },
  },
}
const paths = (config: { references?: readonly { path: string }[] }) => config.references?.map(({ path }) => path)

describe('references', () => {
  it('of the library are its own dependencies among us', () => {
    expect(paths(libConfig(pkg, undefined))).toEqual(['../core/tsconfig.lib.json'])
  })

  it('of the library replace stale ones and leave hand-made options alone', () => {
    const current = { include: ['src', 'gen'], references: [{ path: '../gone/tsconfig.lib.json' }] }
    expect(libConfig(pkg, current)).toEqual({
      include: ['src', 'gen'],
      references: [{ path: '../core/tsconfig.lib.json' }],
    })
  })

  it('of the tests are the library and every dependency', () => {
    expect(paths(testConfig(pkg))).toEqual([
      './tsconfig.lib.json',
      '../core/tsconfig.lib.json',
      '../testkit/tsconfig.lib.json',
    ])
  })

  it('of the root are all libraries', () => {
    expect(paths(rootConfig([pkg]))).toEqual(['./packages/x/tsconfig.lib.json'])
  })
})
