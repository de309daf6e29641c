// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallOptions } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import type { Fd, FileCalls, SocketCalls } from '@containerd-ts/native-sys'
import { runtimeTempDir } from './runc.ts'

export type ConsoleSocketCalls = Pick<SocketCalls, 'listenUnix' | 'receiveConsole'> & Pick<FileCalls, 'close'>

/** Where the runtime delivers the master end of a container's terminal; disposal removes it. */
export class ConsoleSocket implements AsyncDisposable {
  readonly path: string
  readonly #directory: string
  readonly #sys: ConsoleSocketCalls
  #listener: Fd | undefined

  private constructor(directory: string, path: string, listener: Fd, sys: ConsoleSocketCalls) {
    this.#directory = directory
    this.path = path
    this.#listener = listener
    this.#sys = sys
  }

  static async open(sys: ConsoleSocketCalls = native): Promise<ConsoleSocket> {
    const directory = await mkdtemp(join(runtimeTempDir(), 'pty'))
    try {
      const path = join(directory, 'pty.sock')
      const listener = sys.listenUnix(path)
      const socket = new ConsoleSocket(directory, path, listener, sys)
      // A directory that is swept by age spares sticky entries.
      if (process.env['XDG_RUNTIME_DIR']) await chmod(path, 0o1755)
      return socket
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  /** The terminal's master end, the caller's from now on. Waits as long as the signal lets it. */
  async receive(options?: CallOptions): Promise<Fd> {
    if (this.#listener === undefined) throw new Error('console socket is closed')
    const { fd } = await this.#sys.receiveConsole(
      this.#listener,
      options?.signal === undefined ? {} : { signal: options.signal },
    )
    return fd
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    if (listener !== undefined) this.#sys.close(listener)
    await rm(this.#directory, { recursive: true, force: true })
  }
}
