// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/** The group that the spec's annotations name for this container; undefined when they name none. */
export function groupOf(annotationNames: readonly string[], configPath: string): string | undefined {
  const { annotations } = JSON.parse(readFileSync(configPath, 'utf8')) as {
    readonly annotations?: Readonly<Record<string, string>>
  }
  const present = annotationNames.find((name) => annotations?.[name] !== undefined)
  return present === undefined ? undefined : annotations?.[present]
}
