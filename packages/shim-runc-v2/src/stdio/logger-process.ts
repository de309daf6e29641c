// SPDX-License-Identifier: Apache-2.0
import { sleep } from '@containerd-ts/lifecycle'
import { native } from '@containerd-ts/native-sys'
import type { Fd, SpawnedProcess } from '@containerd-ts/native-sys'
import { OwnedFds } from '@containerd-ts/runc'
import type { IoOwner } from './process-io.ts'

const SIGTERM = 15
const SIGKILL = 9
const patienceMs = 12_000

/** A program that receives a container's output on its fds 3 and 4, as a `binary:` URI asks for. */
export class LoggerProcess {
  /** Ends to write output to; whoever takes one closes it. */
  readonly stdout: Fd
  readonly stderr: Fd
  readonly #process: SpawnedProcess

  private constructor(process: SpawnedProcess, stdout: Fd, stderr: Fd) {
    this.#process = process
    this.stdout = stdout
    this.stderr = stderr
  }

  /**
   * Starts the program and waits until it says on fd 5 that it is ready.
   * @throws {Error} `binary-v2`: it closed fd 5 without a word
   */
  static async start(uri: URL, owner: IoOwner, signal: AbortSignal): Promise<LoggerProcess> {
    using fds = new OwnedFds(native)
    const [out, err, ready] = [fds.pipe(), fds.pipe(), fds.pipe()]
    const path = decodeURIComponent(uri.pathname)
    const process = native.spawn({
      path,
      argv: [path, ...argumentsOf(uri)],
      env: { CONTAINER_ID: owner.id, CONTAINER_NAMESPACE: owner.namespace },
      stdio: ['null', 'null', 'null', out.read, err.read, ready.write],
    })
    fds.close(ready.write)
    const logger = new LoggerProcess(process, fds.give(out.write), fds.give(err.write))
    try {
      const word = await native.readFd(ready.read, { maxBytes: 1, signal })
      if (uri.protocol === 'binary-v2:' && word.length === 0)
        throw new Error(`logging binary ${path} ended before it was ready`)
      return logger
    } catch (error) {
      native.close(logger.stdout)
      native.close(logger.stderr)
      await logger.stop()
      throw error
    }
  }

  /** Asks it to end, insists after 12 s. The output must have been closed before. */
  async stop(): Promise<void> {
    const { exited } = this.#process
    this.#process.kill(SIGTERM)
    const waited = new AbortController()
    const ended = await Promise.race([exited.then(() => true), sleep(patienceMs, waited.signal).then(() => false)])
    waited.abort()
    if (!ended) this.#process.kill(SIGKILL)
    await exited
    this.release()
  }

  /** Lets it end by itself. */
  release(): void {
    this.#process[Symbol.dispose]()
  }
}

/** Each key of the query and its first value. */
function argumentsOf(uri: URL): string[] {
  const { searchParams } = uri
  return [...new Set(searchParams.keys())].flatMap((key) => [key, searchParams.get(key) ?? ''])
}
