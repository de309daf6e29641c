// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { packageOf, type Import } from './imports.ts'
import { findPath } from './graph.ts'

/** One shim process runs per container: what these programs load is paid for once per container. */
export const lightPackages = ['shim', 'shim-runc-v2', 'shim-bootstrap', 'ttrpc', 'runc']
const heavyModules = new Set(['lmdb', '@connectrpc/connect-node', '@oclif/core', 'tar-stream', 'zod', 'pino', 'undici'])

export interface ReachOptions {
  /** Imports of a file, by path relative to the repository. */
  imports(path: string): readonly Import[]
  /** File that a specifier of ours points to, or undefined for packages of others. */
  resolveOwn(specifier: string): string | undefined
  /** What a package of others needs to run. */
  dependenciesOf(name: string): readonly string[]
}

/** The way from a file to a heavy module through everything that is loaded at run time, dynamic imports included. */
export function findHeavyPath(entry: string, options: ReachOptions): readonly string[] | undefined {
  const next = (node: string): readonly string[] =>
    node.startsWith('npm:') ? options.dependenciesOf(node.slice(4)).map((name) => `npm:${name}`) : loaded(node, options)
  return findPath([entry], next, (node) => heavyModules.has(node.replace(/^npm:/, '')))
}

function loaded(path: string, options: ReachOptions): readonly string[] {
  return options
    .imports(path)
    .filter((each) => !each.typeOnly)
    .flatMap(({ specifier }) => {
      if (specifier.startsWith('.')) return [normalize(join(dirname(path), specifier))]
      const own = options.resolveOwn(specifier)
      if (own !== undefined) return [own]
      const name = packageOf(specifier)
      return name === undefined ? [] : [`npm:${name}`]
    })
}

/** Reads `dependencies` of installed packages. */
export function installedDependencies(root: string): (name: string) => readonly string[] {
  return (name) => {
    const path = join(root, 'node_modules', name, 'package.json')
    if (!existsSync(path)) return []
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies?: Record<string, string> }
    return Object.keys(manifest.dependencies ?? {})
  }
}

/** Resolves our own packages by their `exports`, to sources where they name them. */
export function ownResolver(root: string, scope: string): (specifier: string) => string | undefined {
  return (specifier) => {
    if (!specifier.startsWith(scope)) return undefined
    const [id = '', ...rest] = specifier.slice(scope.length).split('/')
    const dir = join('packages', id)
    const path = join(root, dir, 'package.json')
    if (!existsSync(path)) return undefined
    const { exports = {} } = JSON.parse(readFileSync(path, 'utf8')) as { exports?: Record<string, Target> }
    const subpath = ['.', ...rest].join('/')
    for (const [pattern, target] of Object.entries(exports)) {
      const star = matchPattern(pattern, subpath)
      const file = typeof target === 'string' ? target : (target['@containerd-ts/source'] ?? target['default'])
      if (star !== undefined && file !== undefined) return join(dir, file.replace('*', star))
    }
    return undefined
  }
}

type Target = string | Record<string, string | undefined>

function matchPattern(pattern: string, subpath: string): string | undefined {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === subpath ? '' : undefined
  const fits = subpath.startsWith(before) && subpath.endsWith(after) && subpath.length >= before.length + after.length
  return fits ? subpath.slice(before.length, subpath.length - after.length) : undefined
}
