// SPDX-License-Identifier: Apache-2.0
import { Annotation } from '@containerd-ts/oci'

/** Makes an image's name of an index entry's reference annotation; empty leaves it without. */
export type NameTranslator = (refName: string) => string

const isFull = (name: string): boolean => /[/:@]/.test(name)

/** Bare tags get a prefix; everything else is a name already. */
export const addRefPrefix =
  (prefix: string): NameTranslator =>
  (name) =>
    isFull(name) ? name : `${prefix}:${name}`

/** As `addRefPrefix`, but full names that do not continue the prefix are dropped. */
export const filterRefPrefix =
  (prefix: string): NameTranslator =>
  (name) => {
    if (!isFull(name)) return `${prefix}:${name}`
    if (name === prefix) return name
    return name.startsWith(prefix) && '/:@'.includes(name[prefix.length] ?? ' ') ? name : ''
  }

/** Name of an index entry: the full one if it has it, else its reference translated; empty when it has neither. */
export function importedName(annotations: Readonly<Record<string, string>> = {}, translate?: NameTranslator): string {
  const full = annotations[Annotation.imageName] ?? ''
  if (full !== '') return full
  const ref = annotations[Annotation.refName] ?? ''
  if (ref === '') return ''
  return translate === undefined ? ref : translate(ref)
}
