// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface SpecShape {
  readonly linux?: { readonly namespaces?: readonly { readonly type?: string; readonly path?: string }[] }
}

/**
 * Whether the container has a pid namespace of its own, so that its processes end with its init. When the spec
 * cannot be read they are taken not to.
 */
export async function ownsPidNamespace(bundle: string): Promise<boolean> {
  try {
    const spec = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as SpecShape
    return spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === '') ?? false
  } catch {
    return false
  }
}
