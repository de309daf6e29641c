// SPDX-License-Identifier: Apache-2.0
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, relative } from 'node:path'
import { errnoOf, InvalidArgumentError, PermissionDeniedError } from '@containerd-ts/errdefs'

/** Directories below which requests may have things created. */
export class AllowedRoots {
  readonly #roots: readonly string[]

  constructor(roots: readonly string[]) {
    this.#roots = roots
  }

  /**
   * The path, cleaned, once everything of it that exists is known to lie below one of the roots.
   * @throws {InvalidArgumentError} it is relative @throws {PermissionDeniedError} it lies elsewhere
   */
  async check(path: string): Promise<string> {
    if (!isAbsolute(path)) throw new InvalidArgumentError(`path ${path} is not absolute`)
    const cleaned = normalize(path)
    const real = await realPathOf(cleaned)
    for (const root of this.#roots) {
      const inside = relative(await realPathOf(root), real)
      if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return cleaned
    }
    throw new PermissionDeniedError(`path ${path} is outside the directories that mounts may create things in`)
  }
}

/** With symbolic links followed as far as the path exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || path === '/') throw error
    const parent = dirname(path)
    return join(await realPathOf(parent), relative(parent, path))
  }
}
