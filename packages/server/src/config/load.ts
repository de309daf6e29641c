// SPDX-License-Identifier: Apache-2.0
import { glob, readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import type { ConfigTable } from '@containerd-ts/plugin'
import { parse, TomlError } from 'smol-toml'
import { mergeConfig } from './merge.ts'
import { migrateConfig } from './migrate.ts'
import { configSchema, defaultConfig } from './schema.ts'
import type { DaemonConfig } from './schema.ts'

export interface LoadedConfig {
  readonly config: DaemonConfig
  /** Keys that nothing reads, as `file: key`. */
  readonly unknownKeys: readonly string[]
}

export interface LoadConfigOptions {
  /** Whether a missing file is an error: it is when a person named it. */
  readonly mustExist: boolean
}

/**
 * Reads config.toml and what it imports, each file brought to the current version, over the defaults.
 * @throws {InvalidArgumentError} broken TOML, a wrong type or version, naming the file
 */
export async function loadConfig(file: string, { mustExist }: LoadConfigOptions): Promise<LoadedConfig> {
  let merged: ConfigTable = {}
  const unknownKeys: string[] = []
  const seen = new Set<string>()
  const queue = [resolve(file)]
  let highest: number | undefined
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path)) continue
    const first = seen.size === 0
    seen.add(path)
    const raw = await readToml(path, first && !mustExist)
    if (raw === undefined) break
    const version = raw['version']
    if (highest === undefined && typeof version === 'number') highest = version
    else if (!first && typeof version === 'number' && highest !== undefined && version > highest) {
      throw new InvalidArgumentError(
        `${path}: version ${version} is higher than that of the importing file (${highest})`,
      )
    }
    const file = migrateConfig(!first && version === undefined ? { ...raw, version: highest ?? 1 } : raw, path)
    unknownKeys.push(
      ...Object.keys(file)
        .filter((key) => !(key in configSchema.shape))
        .map((key) => `${path}: ${key}`),
    )
    merged = mergeConfig(merged, file)
    queue.push(...(await importsOf(raw, path)))
  }
  return { config: validate(mergeConfig(defaultConfig, merged), file), unknownKeys }
}

async function readToml(path: string, mayBeMissing: boolean): Promise<ConfigTable | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (mayBeMissing && errnoOf(cause) === 'ENOENT') return undefined
    throw new InvalidArgumentError(`failed to load TOML from ${path}`, { cause })
  }
  try {
    return parse(text) as ConfigTable
  } catch (cause) {
    const where = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : ''
    throw new InvalidArgumentError(`failed to unmarshal TOML from ${path}${where}`, { cause })
  }
}

/** Paths are relative to the importing file; `*` matches several. */
async function importsOf(raw: ConfigTable, from: string): Promise<string[]> {
  const imports = raw['imports']
  if (!Array.isArray(imports)) return []
  const found: string[] = []
  for (const entry of imports) {
    if (typeof entry !== 'string') throw new InvalidArgumentError(`${from}: imports must be a list of paths`)
    const path = isAbsolute(entry) ? entry : join(dirname(from), entry)
    if (path.includes('*')) found.push(...(await Array.fromAsync(glob(path))).toSorted())
    else found.push(path)
  }
  return found
}

function validate(table: ConfigTable, file: string): DaemonConfig {
  const parsed = configSchema.safeParse(table)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new InvalidArgumentError(`${file}: ${problems.join('; ')}`)
}
