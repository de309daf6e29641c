// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

let built: Promise<string> | undefined

/** The executable under its own name, built from the sources once per test file, removed with the process. */
export function ownShim(): Promise<string> {
  built ??= build()
  return built
}

async function build(): Promise<string> {
  const directory = join(tmpdir(), `ctd-shim-bin-${process.pid}`)
  const path = join(directory, 'containerd-shim-runc-v2')
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const script = join(dirname(import.meta.dirname), 'scripts', 'build.ts')
  await promisify(execFile)(process.execPath, [script, path])
  return path
}
