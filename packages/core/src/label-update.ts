// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { FieldPaths } from './field-mask.ts'
import type { Labels } from './labels.ts'

/** Labels as they are stored: without empty values. */
export const storedLabels = (labels: Labels | undefined): Labels =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([, value]) => value !== ''))

/** The key that a path such as `labels.<key>` names; absent for other paths. */
export const keyOfPath = (path: string, field: string): string | undefined =>
  path.startsWith(`${field}.`) ? path.slice(field.length + 1) : undefined

/** One key taken over from `given`; missing or empty there, it goes. */
export function withKey(current: Labels, given: Labels | undefined, key: string): Labels {
  const { [key]: _before, ...others } = current
  const value = given !== undefined && Object.hasOwn(given, key) ? given[key] : undefined
  return storedLabels({ ...others, [key]: value ?? '' })
}

/**
 * Labels after an update that may touch nothing else: all of them, or the ones that `paths` name.
 * @param what - the object, for the message: `content "sha256:…"`
 * @throws {InvalidArgumentError} a path that is neither `labels` nor `labels.<key>`
 */
export function updatedLabels(current: Labels, given: Labels, paths: FieldPaths | undefined, what: string): Labels {
  if (paths === undefined || paths.length === 0) return storedLabels(given)
  return paths.reduce((labels, path) => {
    if (path === 'labels') return storedLabels(given)
    const key = keyOfPath(path, 'labels')
    if (key === undefined) throw new InvalidArgumentError(`cannot update "${path}" field on ${what}`)
    return withKey(labels, given, key)
  }, current)
}
