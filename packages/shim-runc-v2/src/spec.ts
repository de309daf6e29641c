// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface SpecShape {
  readonly linux?: { readonly namespaces?: readonly { readonly type?: string; readonly path?: string }[] }
}

/**
 * Whether the container has a pid namespace of its own, so that its processes end with its init. When the spec
 * cannot be read they are taken not to.
 */
export function ownsPidNamespace(bundle: string): boolean {
  try {
    const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as SpecShape
    return spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === '') ?? false
  } catch {
    return false
  }
}
