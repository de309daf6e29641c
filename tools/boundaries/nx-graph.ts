// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edges } from './graph.ts'
import type { Layer } from './rules.ts'

/** What `nx graph --file` writes, as far as it is read here. */
export interface NxGraph {
  readonly graph: {
    readonly nodes: Readonly<
      Record<string, { readonly data: { readonly root: string; readonly tags?: readonly string[] } }>
    >
    readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>
  }
}

/** The project graph of nx. It takes seconds to make, so it is kept until a manifest or the set-up of nx changes. */
export function nxGraph(root: string, manifests: readonly string[]): NxGraph {
  const hash = createHash('sha256')
  for (const path of [...manifests, 'nx.json', 'package.json', 'package-lock.json'])
    hash.update(readFileSync(join(root, path)))
  const cacheDir = join(root, '.cache', 'boundaries')
  const file = join(cacheDir, `${hash.digest('hex').slice(0, 32)}.json`)
  mkdirSync(cacheDir, { recursive: true })
  if (!existsSync(file)) {
    const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' }
    execFileSync(process.execPath, ['node_modules/nx/dist/bin/nx.js', 'graph', `--file=${file}`], {
      cwd: root,
      env,
      stdio: 'pipe',
    })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as NxGraph
}

/** Layers by the directory of the package, from the tags `layer:*`. */
export function layersOf({ graph }: NxGraph): ReadonlyMap<string, Layer> {
  const known: readonly string[] = ['leaf', 'contract', 'mechanism', 'impl', 'facade', 'app', 'test']
  return new Map(
    Object.values(graph.nodes)
      .filter(({ data }) => data.root.startsWith('packages/'))
      .map(({ data }) => {
        const tags = (data.tags ?? [])
          .filter((tag) => tag.startsWith('layer:'))
          .map((tag) => tag.slice('layer:'.length))
        const [layer] = tags
        if (layer === undefined || tags.length !== 1 || !known.includes(layer)) {
          throw new Error(`${data.root}/package.json: needs exactly one tag "layer:" with one of ${known.join(', ')}`)
        }
        return [data.root.slice('packages/'.length), layer as Layer]
      }),
  )
}

/** Who depends on whom among our packages, development included. */
export function edgesOf({ graph }: NxGraph): Edges {
  return new Map(
    Object.entries(graph.dependencies).map(([name, edges]) => [
      name,
      new Set(edges.map(({ target }) => target).filter((target) => target in graph.nodes)),
    ]),
  )
}
