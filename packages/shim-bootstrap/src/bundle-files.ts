// SPDX-License-Identifier: Apache-2.0
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, InternalError, NotFoundError } from '@containerd-ts/errdefs'
import { parseResultJson, type BootstrapResult } from './result.ts'

/** In the bundle: how to reach its shim. */
export const BOOTSTRAP_FILE = 'bootstrap.json'
const ADDRESS_FILE = 'address'

/**
 * Writes `bootstrap.json` so that readers see the old file or the new one. It is not flushed to the disk: no shim
 * outlives what would lose it. Synchronous, because a shim's `start` ends sooner without a thread pool.
 */
export function writeBootstrap(bundle: string, result: BootstrapResult): void {
  const { version, address, protocol, capabilities = [], metadata = {} } = result
  const json = {
    version,
    address,
    protocol,
    ...(capabilities.length > 0 && { capabilities }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
  replaceFile(join(bundle, BOOTSTRAP_FILE), JSON.stringify(json), 0o644)
}

/** Writes the bare address, by which daemons before 2.0 find their shims again. */
export function writeAddress(bundle: string, address: string): void {
  replaceFile(join(bundle, ADDRESS_FILE), address, 0o644)
}

/**
 * How to reach the shim of a bundle: `bootstrap.json`, else the `address` of an older shim (then migrated).
 * @throws {NotFoundError} neither is there
 * @throws {InternalError} the file is no bootstrap record
 */
export async function readBootstrap(bundle: string): Promise<BootstrapResult> {
  const json = await readIfThere(join(bundle, BOOTSTRAP_FILE))
  if (json !== undefined) {
    const result = parseResultJson(json)
    if (result === undefined || result.address === '')
      throw new InternalError(`${bundle}/${BOOTSTRAP_FILE} is malformed`)
    return result
  }
  const address = (await readIfThere(join(bundle, ADDRESS_FILE)))?.trim()
  if (address === undefined || address === '') throw NotFoundError.of('bootstrap of bundle', bundle)
  const result: BootstrapResult = { version: 2, address, protocol: 'ttrpc' }
  writeBootstrap(bundle, result)
  return result
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function replaceFile(path: string, text: string, mode: number): void {
  const temporary = join(dirname(path), `.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`)
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode })
    chmodSync(temporary, mode)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
