// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'
import { OwnedFds } from '@containerd-ts/runc'
import type { ProcessStdio } from '@containerd-ts/runc'
import { LoggerProcess } from './logger-process.ts'
import type { IoOwner, ProcessIo } from './process-io.ts'

/** Output straight into the pipes of a logging program. We hold them too, so it sees their end at `close` only. */
export class LoggerIo implements ProcessIo {
  readonly stdio: ProcessStdio
  readonly consoleSocket = undefined
  readonly #fds = new OwnedFds(native)
  readonly #logger: LoggerProcess
  #open = true

  private constructor(logger: LoggerProcess) {
    this.#logger = logger
    this.stdio = ['null', this.#fds.own(logger.stdout), this.#fds.own(logger.stderr)]
  }

  static async start(uri: URL, owner: IoOwner, signal: AbortSignal): Promise<LoggerIo> {
    return new LoggerIo(await LoggerProcess.start(uri, owner, signal))
  }

  attach(): Promise<void> {
    return Promise.resolve()
  }

  closeStdin(): void {}
  resize(): void {}
  exited(): void {}

  drained(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#fds[Symbol.dispose]()
    await this.#logger.stop()
  }
}
