// SPDX-License-Identifier: Apache-2.0
import type { BytePath } from '@containerd-ts/native-sys'
import type { ByteString } from '../tar/tar-entry.ts'

/**
 * Path of an entry below the root: no leading or doubled slashes, no `.`, and `..` taken back by name, never above the
 * root. The root itself is the empty path.
 */
export function cleanPath(name: ByteString): ByteString {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

export function splitPath(path: ByteString): { readonly directory: ByteString; readonly base: ByteString } {
  const cut = path.lastIndexOf('/')
  return cut < 0 ? { directory: '', base: path } : { directory: path.slice(0, cut), base: path.slice(cut + 1) }
}

export const joinPath = (directory: ByteString, base: ByteString): ByteString =>
  directory === '' ? base : `${directory}/${base}`

/** Whether `path` lies below `directory`, at any depth. */
export const isBelow = (path: ByteString, directory: ByteString): boolean =>
  directory === '' || path.startsWith(`${directory}/`)

/** A path as the kernel takes it; the empty path is the root. */
export function toBytePath(path: ByteString): BytePath {
  if (path === '') return '.'
  return /[^\0-\x7f]/.test(path) ? Buffer.from(path, 'latin1') : path
}

/** For messages. */
export const showPath = (path: ByteString): string => JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'))
