// SPDX-License-Identifier: Apache-2.0
import type { ActiveMount, Mount } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { Transformer } from './transformer.ts'

/**
 * `format/`: fills templates in source, target and options with what earlier mounts have become. Templates stand in
 * double braces: `source i`, `target i`, `mount i` for one mount, `overlay a b` for the mount points from a to b
 * joined by colons, downwards too.
 */
export const formatTransformer: Transformer = {
  transform: (mount, earlier) => Promise.resolve(formatMount(mount, earlier)),
}

/** @throws {InvalidArgumentError} a template nobody knows, or one about a mount that does not come before */
function formatMount(mount: Mount, earlier: readonly ActiveMount[]): Mount {
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([^{}]*)\}\}/g, (_, body: string) => evaluate(body.trim().split(/\s+/), earlier))
  return {
    ...mount,
    source: fill(mount.source),
    ...(mount.target === undefined ? {} : { target: fill(mount.target) }),
    options: mount.options.map(fill),
  }
}

function evaluate(words: readonly string[], earlier: readonly ActiveMount[]): string {
  const [name = '', ...args] = words
  const at = (text: string | undefined): number => indexOf(text, earlier, words)
  const active = (text: string | undefined): ActiveMount => earlier[at(text)] as ActiveMount
  if (name === 'overlay' && args.length === 2) {
    const [first, last] = [at(args[0]), at(args[1])]
    const step = first <= last ? 1 : -1
    const count = Math.abs(last - first) + 1
    return Array.from({ length: count }, (_, i) => earlier[first + i * step]?.mountPoint).join(':')
  }
  if (args.length === 1) {
    if (name === 'mount') return active(args[0]).mountPoint
    if (name === 'source') return active(args[0]).mount.source
    if (name === 'target') return active(args[0]).mount.target ?? ''
  }
  throw new InvalidArgumentError(`mount template "${words.join(' ')}" is not known`)
}

function indexOf(text: string | undefined, earlier: readonly ActiveMount[], words: readonly string[]): number {
  const index = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(index < earlier.length)) {
    throw new InvalidArgumentError(`mount template "${words.join(' ')}": no such mount before it, of ${earlier.length}`)
  }
  return index
}
