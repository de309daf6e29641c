// SPDX-License-Identifier: Apache-2.0
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'

/**
 * File name of a runtime's shim: `io.containerd.runc.v2` is `containerd-shim-runc-v2`.
 * @throws {InvalidArgumentError} the name has another shape
 */
export function shimBinaryName(runtime: string): string {
  const parts = runtime.split('.')
  if (runtime.includes('/') || parts.length < 2 || parts[0] === '') {
    throw new InvalidArgumentError(
      `invalid runtime name ${runtime}, correct runtime name should be either format like \`io.containerd.runc.v2\` or a full path to the binary`,
    )
  }
  return `containerd-shim-${parts.at(-2)}-${parts.at(-1)}`
}

export interface ShimSearch {
  /** Directories in order. Default: working directory, `PATH`, then the directory of the running program. */
  readonly dirs?: readonly string[] | undefined
}

/**
 * Absolute path of a runtime's shim; the runtime is a name or an absolute path.
 * @throws {InvalidArgumentError} an empty or malformed name
 * @throws {NotFoundError} no such executable
 */
export async function findShim(runtime: string, { dirs = defaultDirs() }: ShimSearch = {}): Promise<string> {
  if (runtime === '') throw new InvalidArgumentError('no runtime name')
  if (isAbsolute(runtime)) {
    await stat(runtime).catch((cause: unknown) => {
      throw new NotFoundError(`runtime "${runtime}" binary not installed`, { cause })
    })
    return runtime
  }
  const name = shimBinaryName(runtime)
  for (const dir of dirs) {
    const path = join(dir, name)
    if (await isExecutable(path)) return path
  }
  throw new NotFoundError(`runtime "${runtime}" binary not installed "${name}": file does not exist`)
}

function defaultDirs(): string[] {
  const fromPath = (process.env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '')
  return [process.cwd(), ...fromPath, join(process.execPath, '..')]
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
