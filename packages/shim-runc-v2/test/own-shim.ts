// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

let built: Promise<string> | undefined

/** The executable under its own name, built from the sources once per test file, removed with the process. */
export function ownShim(): Promise<string> {
  built ??= build()
  return built
}

/** The same sources on Node: a script under the executable's name. */
export function ownShimOnNode(): string {
  const path = join(binDirectory('node'), 'containerd-shim-runc-v2')
  const main = join(dirname(import.meta.dirname), 'src', 'main.ts')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} --conditions=@containerd-ts/source ${main} "$@"\n`, {
    mode: 0o755,
  })
  return path
}

function binDirectory(kind: string): string {
  const directory = join(tmpdir(), `ctd-shim-${kind}-${process.pid}`)
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function build(): Promise<string> {
  const path = join(binDirectory('bin'), 'containerd-shim-runc-v2')
  const script = join(dirname(import.meta.dirname), 'scripts', 'build.ts')
  await promisify(execFile)(process.execPath, [script, path])
  return path
}
