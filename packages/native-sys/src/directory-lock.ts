// SPDX-License-Identifier: Apache-2.0
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import { native } from './native/native.ts'

/**
 * Takes a directory for this process until disposal, or until the process ends, however it ends: flock(2) on a file in
 * it, which names the holder and stays behind.
 * @throws {FailedPreconditionError} naming the directory and the pid that holds it
 */
export async function lockDirectory(dir: string, fileName = 'lock'): Promise<AsyncDisposable> {
  const path = join(dir, fileName)
  await using undo = new AsyncDisposableStack()
  const file = undo.use(await open(path, 'a+', 0o600))
  if (!native.tryFlock(file.fd, 'exclusive')) {
    const holder = (await readFile(path, 'utf8')).trim()
    throw new FailedPreconditionError(`${dir} is in use by ${holder === '' ? 'another process' : `process ${holder}`}`)
  }
  // The file stays: removing it would let two processes lock two files of one name.
  await file.truncate(0)
  await file.write(`${process.pid}\n`)
  const held = undo.move()
  return { [Symbol.asyncDispose]: () => held.disposeAsync() }
}
