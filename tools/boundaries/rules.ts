// SPDX-License-Identifier: Apache-2.0
import type { Import } from './imports.ts'
import { packageOf } from './imports.ts'

export type Layer = 'leaf' | 'contract' | 'mechanism' | 'impl' | 'facade' | 'app' | 'test'

export interface PackageNode {
  readonly id: string
  readonly name: string
  readonly layer: Layer
  /** Names in `dependencies`, `optionalDependencies` and `peerDependencies`. */
  readonly dependencies: ReadonlySet<string>
  readonly devDependencies: ReadonlySet<string>
}

export interface SourceFile {
  /** Relative to the repository: `packages/content/src/x.ts`. */
  readonly path: string
  readonly package: string
  readonly imports: readonly Import[]
}

export interface Workspace {
  readonly packages: ReadonlyMap<string, PackageNode>
  /** `devDependencies` of the repository itself: the tools that every test and script may use. */
  readonly rootTools: ReadonlySet<string>
}

export interface Violation {
  readonly path: string
  readonly line: number
  readonly specifier: string
  readonly rule: string
}

/** What each layer may import besides the standard library; tests and scripts are free of this. */
const allowedLayers: Readonly<Record<Layer, readonly Layer[]>> = {
  leaf: [],
  contract: [],
  mechanism: ['leaf', 'contract', 'mechanism'],
  impl: ['leaf', 'contract', 'mechanism'],
  facade: ['leaf', 'contract', 'mechanism'],
  app: ['leaf', 'contract', 'mechanism', 'impl', 'facade'],
  test: ['leaf', 'contract', 'mechanism', 'test'],
}

/** Packages that may know how messages look on the wire. */
const wireReaders = new Set(
  'api wire rpc ttrpc shim-bootstrap runtime-v2 shim shim-runc-v2 services client server daemon ctr conformance testkit'.split(
    ' ',
  ),
)
const wirePackages = new Set([
  '@containerd-ts/api',
  '@bufbuild/protobuf',
  '@connectrpc/connect',
  '@connectrpc/connect-node',
])

/** The one app whose whole purpose is one implementation. */
const appsOfOneImplementation: Readonly<Record<string, string>> = { 'shim-runc-v2': 'shim' }

/** A file that tests or builds the package and is not part of it. */
export const isSupport = (path: string): boolean => /\.test\.ts$|^packages\/[^/]+\/(test|scripts)\//.test(path)

/** Checks one file against every rule that looks at a single import. */
export function checkFile(file: SourceFile, workspace: Workspace): readonly Violation[] {
  const from = workspace.packages.get(file.package)
  if (from === undefined) throw new Error(`${file.path}: package ${file.package} is not in the workspace`)
  return file.imports.flatMap((each) => {
    const target = packageOf(each.specifier)
    if (target === undefined || target === from.name) return []
    const broken = isSupport(file.path)
      ? [undeclaredInSupport(from, target, workspace)]
      : [undeclared(from, target), forbiddenLayer(file, from, target, workspace), wireKnowledge(from, target)]
    return broken
      .filter((rule) => rule !== undefined)
      .map((rule) => ({ path: file.path, line: each.line, specifier: each.specifier, rule }))
  })
}

function undeclared(from: PackageNode, target: string): string | undefined {
  if (from.dependencies.has(target)) return undefined
  return `${target} is not in "dependencies" of packages/${from.id}/package.json`
}

function undeclaredInSupport(from: PackageNode, target: string, { rootTools }: Workspace): string | undefined {
  if (from.dependencies.has(target) || from.devDependencies.has(target) || rootTools.has(target)) return undefined
  return `${target} is in no dependencies of packages/${from.id}/package.json, not even the development ones`
}

function forbiddenLayer(
  file: SourceFile,
  from: PackageNode,
  target: string,
  { packages }: Workspace,
): string | undefined {
  const to = [...packages.values()].find(({ name }) => name === target)
  // Errors belong to everybody.
  if (to === undefined || to.id === 'errdefs') return undefined
  if (!allowedLayers[from.layer].includes(to.layer))
    return `${from.layer} must not import ${to.layer} (${from.id} to ${to.id})`
  if (from.layer !== 'app' || to.layer !== 'impl') return undefined
  if (appsOfOneImplementation[from.id] === to.id) return undefined
  if (from.id !== 'daemon') return `only daemon names implementations (${from.id} to ${to.id})`
  const isBuiltinList = /^packages\/daemon\/src\/builtins[./-]/.test(file.path)
  return isBuiltinList ? undefined : `only daemon/src/builtins names implementations (${to.id})`
}

function wireKnowledge(from: PackageNode, target: string): string | undefined {
  if (!wirePackages.has(target) || wireReaders.has(from.id)) return undefined
  return `${from.id} must not know the wire (${target}); take types of core`
}
