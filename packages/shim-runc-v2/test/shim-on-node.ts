// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The sources on Node: a script under the executable's name. */
export function shimOnNode(): string {
  const packageDir = dirname(import.meta.dirname)
  const directory = join(packageDir, '..', '..', '.cache', 'shim-on-node')
  const path = join(directory, 'containerd-shim-runc-v2')
  const main = join(packageDir, 'src', 'main.ts')
  mkdirSync(directory, { recursive: true })
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} --conditions=@containerd-ts/source ${main} "$@"\n`, {
    mode: 0o755,
  })
  return path
}
