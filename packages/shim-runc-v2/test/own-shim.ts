// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultForm, ownBinDir } from '@containerd-ts/testkit'

const packageDir = dirname(import.meta.dirname)
let built: Promise<string> | undefined

/** The executable under its own name: what `npm run build` made, or the sources, built once per test file. */
export function ownShim(): Promise<string> {
  if (defaultForm() === 'dist') return Promise.resolve(join(ownBinDir(), 'containerd-shim-runc-v2'))
  built ??= build()
  return built
}

/** The same sources on Node: a script under the executable's name. */
export function ownShimOnNode(): string {
  const path = shimPath('node')
  const main = join(packageDir, 'src', 'main.ts')
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} --conditions=@containerd-ts/source ${main} "$@"\n`, {
    mode: 0o755,
  })
  return path
}

async function build(): Promise<string> {
  const path = shimPath('bun')
  await promisify(execFile)(process.execPath, [join(packageDir, 'scripts', 'build.ts'), path])
  return path
}

function shimPath(kind: string): string {
  const dir = join(packageDir, '..', '..', '.cache', 'test-shims', kind)
  mkdirSync(dir, { recursive: true })
  return join(dir, 'containerd-shim-runc-v2')
}
