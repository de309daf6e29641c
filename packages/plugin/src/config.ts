// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** A value that TOML can hold and configuration uses. */
export type ConfigValue = string | number | boolean | readonly ConfigValue[] | { readonly [key: string]: ConfigValue }

/** One table of config.toml; keys are the original's, in snake case. */
export type ConfigTable = Readonly<Record<string, ConfigValue>>

/** A parsed section and the keys nobody knows. */
export interface ParsedConfig<C> {
  readonly config: C
  readonly unknownKeys: readonly string[]
}

/**
 * Reads a section by the shape of its defaults: every known key keeps the type its default has, a missing key its
 * default. Unknown keys are reported, not refused, as the original does.
 * @throws {InvalidArgumentError} a value of another type, naming section and key
 */
export function parseConfig<C extends ConfigTable>(section: string, defaults: C, raw: ConfigTable): ParsedConfig<C> {
  const config: Record<string, ConfigValue> = { ...defaults }
  const unknownKeys: string[] = []
  for (const [key, value] of Object.entries(raw)) {
    const fallback = defaults[key]
    if (fallback === undefined) {
      unknownKeys.push(key)
      continue
    }
    if (kindOf(value) !== kindOf(fallback)) {
      throw new InvalidArgumentError(`${section}: ${key} must be a ${kindOf(fallback)}, not a ${kindOf(value)}`)
    }
    config[key] = value
  }
  return { config: config as C, unknownKeys }
}

function kindOf(value: ConfigValue): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'table'
  return typeof value
}
