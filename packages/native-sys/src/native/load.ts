// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UnimplementedError } from '@containerd-ts/errdefs'
import type { Binding } from './binding.ts'

let loaded: Binding | undefined

/** Hands over an addon loaded elsewhere: in a single executable it must be a static `require` of the `.node` file. */
export function setBinding(addon: unknown): void {
  loaded = addon as Binding
}

const glibcLoaders = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' } as const

/** `linux-x64-glibc` and the like: the folder of the addon and the tail of its package's name. */
export function platformTarget(): string {
  const loader = process.arch === 'x64' || process.arch === 'arm64' ? glibcLoaders[process.arch] : ''
  return `${process.platform}-${process.arch}-${existsSync(loader) ? 'glibc' : 'musl'}`
}

/**
 * The addon: beside this package's sources or build, beside a bundle of it, or in its platform package.
 * @throws {UnimplementedError} no build of the addon for this platform is installed
 */
export function binding(): Binding {
  loaded ??= find()
  return loaded
}

function find(): Binding {
  const require = createRequire(import.meta.url)
  const here = dirname(fileURLToPath(import.meta.url))
  const target = platformTarget()
  const file = join('native', target, 'native_sys.node')
  // From src/native/, from dist/native/ (the built twin of that folder) and from a bundle's own folder.
  for (const candidate of [join(here, '..', '..', 'dist', file), join(here, '..', file), join(here, file)]) {
    if (existsSync(candidate)) return require(candidate) as Binding
  }
  const name = `@containerd-ts/native-sys-${target}`
  try {
    return require(name) as Binding
  } catch (cause) {
    throw new UnimplementedError(`native addon for ${target}: neither built nor installed as ${name}`, { cause })
  }
}
