// SPDX-License-Identifier: Apache-2.0
/**
 * Writes gen/ from proto/. Works offline; does nothing when neither the .proto files, the options nor the
 * generator's version changed. `--force` generates anyway.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)
const stampFile = join(root, 'gen', '.stamp')
// Both tools are resolved as packages: a hoisted or a nested node_modules serves alike.
const bufBin = join(packageDir('@bufbuild/buf'), 'bin', 'buf')
const pluginBinDir = join(packageDir('@bufbuild/protoc-gen-es'), 'bin')

const loadersType = `/** Full message name to the module that exports its schema. */
export declare const loaders: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>>
`

const stamp = inputStamp()
if (process.argv.includes('--force') || readStamp() !== stamp) {
  buf('lint')
  buf('generate')
  const files = globSync('gen/**/*_pb.js', { cwd: root }).sort()
  writeFileSync(join(root, 'gen', 'loaders.js'), await loaders(files))
  writeFileSync(join(root, 'gen', 'loaders.d.ts'), loadersType)
  writeFileSync(stampFile, stamp)
  console.log(`generated ${files.length} files`)
}

/** A table from message name to a literal dynamic import, so that bundlers see every module and load none. */
async function loaders(files: readonly string[]): Promise<string> {
  const lines: string[] = []
  for (const file of files) {
    const exports: Record<string, unknown> = await import(pathToFileURL(join(root, file)).href)
    const path = `./${file.slice('gen/'.length)}`
    for (const desc of Object.values(exports) as { kind?: unknown; typeName?: unknown }[]) {
      if (desc?.kind === 'message') lines.push(`  '${String(desc.typeName)}': () => import('${path}'),`)
    }
  }
  return `export const loaders = {\n${lines.join('\n')}\n}\n`
}

function packageDir(name: string): string {
  return dirname(require.resolve(`${name}/package.json`))
}

function inputStamp(): string {
  const hash = createHash('sha256')
  const inputs = [...globSync('proto/**/*.proto', { cwd: root }).sort(), 'buf.yaml', 'buf.gen.yaml']
  for (const path of inputs)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0')
  hash.update(readFileSync(join(dirname(pluginBinDir), 'package.json')))
  hash.update(readFileSync(import.meta.filename))
  return hash.digest('hex')
}

function readStamp(): string | undefined {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    return undefined
  }
}

function buf(command: string): void {
  const path = [pluginBinDir, dirname(process.execPath), process.env.PATH].join(delimiter)
  const { status, error } = spawnSync(process.execPath, [bufBin, command], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`buf ${command} failed with exit status ${status}`)
}
