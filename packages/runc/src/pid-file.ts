// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'

/** The pid in a file that a runtime wrote: decimal digits, nothing else. */
export async function readPidFile(path: string): Promise<number> {
  const text = await readFile(path, 'utf8')
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new Error(`pid file ${path} holds no pid`)
  return Number(text)
}
