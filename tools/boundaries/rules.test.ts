// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { checkFile, type Layer, type PackageNode, type Workspace } from './rules.ts'

const layers: Readonly<Record<string, Layer>> = {
  errdefs: 'leaf',
  lifecycle: 'leaf',
  api: 'leaf',
  core: 'contract',
  mount: 'mechanism',
  store: 'mechanism',
  content: 'impl',
  diff: 'impl',
  shim: 'impl',
  services: 'facade',
  client: 'facade',
  daemon: 'app',
  ctr: 'app',
  'shim-runc-v2': 'app',
  testkit: 'test',
}
const scoped = (id: string) => `@containerd-ts/${id}`

/** Every package declares every other, so that only the rule under test can object. */
const everything = new Set([...Object.keys(layers).map(scoped), '@bufbuild/protobuf', '@connectrpc/connect', 'lmdb'])
const workspace: Workspace = {
  packages: new Map(
    Object.entries(layers).map(([id, layer]): [string, PackageNode] => [
      id,
      { id, name: scoped(id), layer, dependencies: everything, devDependencies: new Set() },
    ]),
  ),
  rootTools: new Set(['vitest']),
}

const check = (path: string, specifier: string, within = workspace) =>
  checkFile(
    { path, package: path.split('/')[1] ?? '', imports: [{ specifier, line: 7, typeOnly: false }] },
    within,
  ).map(({ rule }) => rule)
const source = (from: string, to: string) => check(`packages/${from}/src/x.ts`, scoped(to))

describe('layers', () => {
  it.each([
    ['lifecycle', 'errdefs'],
    ['core', 'errdefs'],
    ['mount', 'lifecycle'],
    ['mount', 'core'],
    ['mount', 'store'],
    ['content', 'mount'],
    ['services', 'mount'],
    ['services', 'api'],
    ['ctr', 'client'],
    ['shim-runc-v2', 'shim'],
  ])('%s may import %s', (from, to) => {
    expect(source(from, to)).toEqual([])
  })

  it.each([
    ['lifecycle', 'core', 'leaf must not import contract'],
    ['api', 'lifecycle', 'leaf must not import leaf'],
    ['core', 'lifecycle', 'contract must not import leaf'],
    ['mount', 'content', 'mechanism must not import impl'],
    ['content', 'diff', 'impl must not import impl (content to diff)'],
    ['content', 'services', 'impl must not import facade'],
    ['services', 'client', 'facade must not import facade'],
    ['client', 'services', 'facade must not import facade'],
    ['services', 'content', 'facade must not import impl'],
    ['daemon', 'ctr', 'app must not import app'],
    ['content', 'testkit', 'impl must not import test'],
    ['ctr', 'content', 'only daemon names implementations'],
    ['shim-runc-v2', 'content', 'only daemon names implementations'],
    ['daemon', 'content', 'only daemon/src/builtins names implementations'],
  ])('%s must not import %s', (from, to, rule) => {
    expect(source(from, to)).toEqual([expect.stringContaining(rule)])
  })

  it('the list of built-ins of the daemon names implementations, in one file or in a folder', () => {
    expect(check('packages/daemon/src/builtins.ts', scoped('content'))).toEqual([])
    expect(check('packages/daemon/src/builtins/storage.ts', scoped('content'))).toEqual([])
    expect(check('packages/daemon/src/builtinsish.ts', scoped('content'))).toHaveLength(1)
  })
})

describe('knowledge of the wire', () => {
  it.each(['api', 'bufbuild'])('stays out of the domain: %s', (which) => {
    const specifier = which === 'api' ? '@containerd-ts/api/services/x_pb' : '@bufbuild/protobuf/wkt'
    expect(check('packages/mount/src/x.ts', specifier)).toEqual([expect.stringContaining('must not know the wire')])
    expect(check('packages/services/src/x.ts', specifier)).toEqual([])
  })
})

describe('declared dependencies', () => {
  const bare: Workspace = {
    ...workspace,
    packages: new Map([
      [
        'mount',
        {
          id: 'mount',
          name: scoped('mount'),
          layer: 'mechanism',
          dependencies: new Set(),
          devDependencies: new Set(['fast-check']),
        },
      ],
    ]),
  }

  it('a source may import only what its package depends on', () => {
    expect(check('packages/mount/src/x.ts', 'lmdb', bare)).toEqual([
      expect.stringContaining('lmdb is not in "dependencies"'),
    ])
    expect(check('packages/mount/src/x.ts', 'fast-check', bare)).toHaveLength(1)
    expect(check('packages/mount/src/x.ts', 'vitest', bare)).toHaveLength(1)
  })

  it.each(['src/x.test.ts', 'test/x.test.ts', 'test/root/x.test.ts', 'scripts/x.ts'])(
    'packages/mount/%s may also import development dependencies and the tools of the repository',
    (path) => {
      expect(check(`packages/mount/${path}`, 'fast-check', bare)).toEqual([])
      expect(check(`packages/mount/${path}`, 'vitest', bare)).toEqual([])
      expect(check(`packages/mount/${path}`, 'lmdb', bare)).toHaveLength(1)
    },
  )

  it('the standard library, relative paths and the package itself are free', () => {
    for (const specifier of ['node:fs', './y.ts', scoped('mount')]) {
      expect(check('packages/mount/src/x.ts', specifier, bare)).toEqual([])
    }
  })
})
