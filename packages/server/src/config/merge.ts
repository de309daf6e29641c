// SPDX-License-Identifier: Apache-2.0
import type { ConfigTable, ConfigValue } from '@containerd-ts/plugin'
import { isTable } from './schema.ts'

/** Tables whose entries are replaced whole. */
const replaced = new Set(['stream_processors', 'proxy_plugins', 'timeouts'])

/**
 * Lays one file over another the original's way: scalars that are not zero override, lists append what is
 * missing, tables merge by key.
 */
export function mergeConfig(base: ConfigTable, over: ConfigTable): ConfigTable {
  const merged: Record<string, ConfigValue> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key]
    if (isTable(before) && isTable(value))
      merged[key] = replaced.has(key) ? { ...before, ...value } : mergeConfig(before, value)
    else if (Array.isArray(before) && Array.isArray(value)) merged[key] = appendMissing(before, value)
    else if (before === undefined || !isZero(value)) merged[key] = value
  }
  return merged
}

const isZero = (value: ConfigValue): boolean => value === '' || value === 0 || value === false

function appendMissing(before: readonly ConfigValue[], added: readonly ConfigValue[]): readonly ConfigValue[] {
  const known = new Set(before.map((item) => JSON.stringify(item)))
  return [...before, ...added.filter((item) => !known.has(JSON.stringify(item)))]
}
