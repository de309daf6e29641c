// SPDX-License-Identifier: Apache-2.0
// Who may import whom. The layers are tags in the package manifests, read through the project graph of nx;
// the imports are those of every source file.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { StepFailure } from '../lib/command.ts'
import { repoRoot, scope, workspacePackages, type Manifest } from '../lib/packages.ts'
import { findCycle, type Edges } from './graph.ts'
import { importsOf, type Import } from './imports.ts'
import { edgesOf, layersOf, nxGraph } from './nx-graph.ts'
import { findHeavyPath, installedDependencies, lightPackages, ownResolver } from './reach.ts'
import { checkFile, isSupport, type PackageNode, type SourceFile, type Workspace } from './rules.ts'

export function checkBoundaries(): void {
  const own = workspacePackages()
  const graph = nxGraph(
    repoRoot,
    own.map(({ dir }) => relative(repoRoot, join(dir, 'package.json'))),
  )
  const layers = layersOf(graph)
  const packages = new Map<string, PackageNode>()
  for (const { id, name, manifest } of own) {
    const layer = layers.get(id)
    if (layer === undefined) throw new StepFailure(`packages/${id}: nx does not know it; run npm install`)
    packages.set(id, { id, name, layer, ...declared(manifest) })
  }
  const rootManifest = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8')) as Manifest
  const workspace: Workspace = { packages, rootTools: new Set(Object.keys(rootManifest.devDependencies ?? {})) }
  const files = own.flatMap(({ id }) => sourceFiles(id))

  const problems = [
    ...files
      .flatMap((file) => checkFile(file, workspace))
      .map(({ path, line, specifier, rule }) => `${path}:${line}: import of '${specifier}': ${rule}`),
    ...cycles(packages, edgesOf(graph)),
    ...heavyReach(files),
  ]
  console.log(`${files.length} files of ${own.length} packages`)
  if (problems.length > 0) throw new StepFailure(problems.join('\n'))
}

const declared = (manifest: Manifest) => ({
  dependencies: new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]),
  devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
})

function sourceFiles(id: string): readonly SourceFile[] {
  return globSync(`packages/${id}/{src,test,scripts}/**/*.ts`, { cwd: repoRoot })
    .toSorted()
    .map((path) => ({ path, package: id, imports: readImports(path) }))
}

const importCache = new Map<string, readonly Import[]>()

function readImports(path: string): readonly Import[] {
  const absolute = join(repoRoot, path)
  const imports = importCache.get(path) ?? (existsSync(absolute) ? importsOf(path, readFileSync(absolute, 'utf8')) : [])
  importCache.set(path, imports)
  return imports
}

/** What runs must not depend on itself. Tests may use what depends on their package: that is no part of its build. */
function cycles(packages: ReadonlyMap<string, PackageNode>, edges: Edges): readonly string[] {
  const runtime = new Map(
    [...packages.values()].map(({ name, dependencies }) => [
      name,
      new Set([...(edges.get(name) ?? [])].filter((each) => dependencies.has(each))),
    ]),
  )
  const found = findCycle(runtime)
  return found === undefined ? [] : [`packages depend on each other in a circle: ${found.join(' -> ')}`]
}

function heavyReach(files: readonly SourceFile[]): readonly string[] {
  const options = {
    imports: readImports,
    resolveOwn: ownResolver(repoRoot, scope),
    dependenciesOf: installedDependencies(repoRoot),
  }
  return files
    .filter((file) => lightPackages.includes(file.package) && !isSupport(file.path))
    .flatMap(({ path }) => {
      const way = findHeavyPath(path, options)
      return way === undefined ? [] : [`${path}: a shim would load ${way.at(-1)?.slice(4)}: ${way.join(' -> ')}`]
    })
}

if (import.meta.main) {
  try {
    checkBoundaries()
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
