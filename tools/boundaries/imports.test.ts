// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { findCycle, findPath } from './graph.ts'
import { importsOf, packageOf } from './imports.ts'
import { findHeavyPath } from './reach.ts'

describe('importsOf', () => {
  it('finds every form, with its line and whether it is erased', () => {
    const text = [
      "import a from 'a'",
      "import type { B } from 'b'",
      "import { type C } from 'c'",
      "import { type D, d } from 'd'",
      "export * from 'e'",
      "export type { F } from 'f'",
      "const g = await import('g')",
      "const h = require('h')",
      "type I = import('i').I",
      "import 'j'",
      "// import 'comment'",
    ].join('\n')
    expect(importsOf('x.ts', text).map((each) => [each.specifier, each.line, each.typeOnly])).toEqual([
      ['a', 1, false],
      ['b', 2, true],
      ['c', 3, true],
      ['d', 4, false],
      ['e', 5, false],
      ['f', 6, true],
      ['g', 7, false],
      ['h', 8, false],
      ['i', 9, true],
      ['j', 10, false],
    ])
  })
})

describe('packageOf', () => {
  it.each([
    ['lmdb', 'lmdb'],
    ['zod/v4', 'zod'],
    ['@scope/name/deep/path', '@scope/name'],
    ['./x.ts', undefined],
    ['node:fs', undefined],
  ])('%s is of %s', (specifier, name) => {
    expect(packageOf(specifier)).toBe(name)
  })
})

describe('graph', () => {
  const edges = (of: Record<string, string[]>) => new Map(Object.entries(of).map(([from, to]) => [from, new Set(to)]))

  it('names a cycle by its members, and is silent without one', () => {
    expect(findCycle(edges({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }))).toEqual(['a', 'b', 'c', 'a'])
    expect(findCycle(edges({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toBeUndefined()
  })

  it('finds the shortest path', () => {
    const of = edges({ a: ['b', 'c'], b: ['d'], c: ['t'], d: ['t'] })
    expect(
      findPath(
        ['a'],
        (node) => of.get(node) ?? [],
        (node) => node === 't',
      ),
    ).toEqual(['a', 'c', 't'])
    expect(
      findPath(
        ['a'],
        (node) => of.get(node) ?? [],
        (node) => node === 'z',
      ),
    ).toBeUndefined()
  })
})

describe('findHeavyPath', () => {
  const files: Record<string, string> = {
    'packages/shim/src/index.ts': "import './light.ts'\nimport type { X } from '@containerd-ts/store'",
    'packages/shim/src/light.ts': "export const load = () => import('@containerd-ts/log')",
    'packages/log/src/index.ts': "import 'wrapper'",
    'packages/store/src/index.ts': "import 'lmdb'",
  }
  const options = (npm: Record<string, string[]>) => ({
    imports: (path: string) => importsOf(path, files[path] ?? ''),
    resolveOwn: (specifier: string) =>
      specifier.startsWith('@containerd-ts/') ? `packages/${specifier.slice(15)}/src/index.ts` : undefined,
    dependenciesOf: (name: string) => npm[name] ?? [],
  })

  it('follows files, dynamic imports and packages of others to the heavy one', () => {
    expect(findHeavyPath('packages/shim/src/index.ts', options({ wrapper: ['pino'] }))).toEqual([
      'packages/shim/src/index.ts',
      'packages/shim/src/light.ts',
      'packages/log/src/index.ts',
      'npm:wrapper',
      'npm:pino',
    ])
  })

  it('does not follow what is erased', () => {
    expect(findHeavyPath('packages/shim/src/index.ts', options({}))).toBeUndefined()
  })
})
