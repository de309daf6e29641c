// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Root of the repository. */
export const repoRoot = join(import.meta.dirname, '..', '..')

/** Prefix of the names of our own packages. */
export const scope = '@containerd-ts/'

export type DependencyField = 'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies'

export interface WorkspacePackage {
  /** Name without the scope: `content`. */
  readonly id: string
  readonly name: string
  /** Absolute directory. */
  readonly dir: string
  readonly manifest: Manifest
}

export interface Manifest extends Partial<Record<DependencyField, Readonly<Record<string, string>>>> {
  readonly name: string
  readonly nx?: { readonly tags?: readonly string[] }
}

/** Reads every `packages/*` manifest, sorted by name. */
export function workspacePackages(root = repoRoot): readonly WorkspacePackage[] {
  const packagesDir = join(root, 'packages')
  return readdirSync(packagesDir)
    .toSorted()
    .map((id) => ({ id, dir: join(packagesDir, id) }))
    .filter(({ dir }) => existsSync(join(dir, 'package.json')))
    .map(({ id, dir }) => {
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest
      return { id, dir, name: manifest.name, manifest }
    })
}

/** Our own packages that `pkg` names in the given fields, by id. */
export function ownDependencies(pkg: WorkspacePackage, fields: readonly DependencyField[]): readonly string[] {
  const names = fields.flatMap((field) => Object.keys(pkg.manifest[field] ?? {}))
  return [...new Set(names.filter((name) => name.startsWith(scope)).map((name) => name.slice(scope.length)))].toSorted()
}
