// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, type BigIntStats } from 'node:fs'
import { joinPath } from '../apply/entry-path.ts'
import type { ByteString } from '../tar/tar-entry.ts'
import { isSame, type SameCalls } from './same-file.ts'

/** One difference. Paths are relative to the roots. */
export type Change =
  | { readonly kind: 'delete'; readonly path: ByteString }
  /** `unmodified` is reported for files with more names only: another name may have changed. */
  | { readonly kind: 'add' | 'modify' | 'unmodified'; readonly path: ByteString; readonly stat: BigIntStats }

/** Bytes of a path below a root. */
export const pathIn = (root: string, path: ByteString): Buffer =>
  path === '' ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')])

/**
 * Walks two trees side by side, names in byte order, each directory before its content. A deleted directory is one
 * change. Without a lower tree everything is an addition.
 */
export function* walkChanges(
  calls: SameCalls,
  lower: string | undefined,
  upper: string,
  directory: ByteString = '',
): Generator<Change> {
  const below = lower === undefined ? [] : names(lower, directory)
  const above = names(upper, directory)
  for (let i = 0, j = 0; i < below.length || j < above.length;) {
    const low = below[i]
    const high = above[j]
    if (high === undefined || (low !== undefined && low < high)) {
      i++
      yield { kind: 'delete', path: joinPath(directory, low as string) }
    } else if (low === undefined || high < low) {
      j++
      yield* addition(calls, upper, joinPath(directory, high))
    } else {
      i++
      j++
      yield* both(calls, lower as string, upper, joinPath(directory, high))
    }
  }
}

function* addition(calls: SameCalls, upper: string, path: ByteString): Generator<Change> {
  const stat = lstatSync(pathIn(upper, path), { bigint: true })
  yield { kind: 'add', path, stat }
  if (stat.isDirectory()) yield* walkChanges(calls, undefined, upper, path)
}

function* both(calls: SameCalls, lower: string, upper: string, path: ByteString): Generator<Change> {
  const from = { path: pathIn(lower, path), stat: lstatSync(pathIn(lower, path), { bigint: true }) }
  const to = { path: pathIn(upper, path), stat: lstatSync(pathIn(upper, path), { bigint: true }) }
  const { stat } = to
  if (!isSame(calls, from, to)) yield { kind: 'modify', path, stat }
  else if (!stat.isDirectory() && stat.nlink > 1n) yield { kind: 'unmodified', path, stat }
  if (stat.isDirectory()) yield* walkChanges(calls, from.stat.isDirectory() ? lower : undefined, upper, path)
}

/** Code units of these strings are bytes, so the default order is byte order. */
const names = (root: string, directory: ByteString): ByteString[] =>
  readdirSync(pathIn(root, directory), { encoding: 'buffer' })
    .map((name) => name.toString('latin1'))
    .sort()
