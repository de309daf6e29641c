// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync } from 'node:fs'
import type { ProcessStdio } from '@containerd-ts/runc'
import type { ProcessIo } from './process-io.ts'

/** No streams at all. Output descriptors are open for reading only, so writes fail: the original's behaviour. */
export class NullIo implements ProcessIo {
  readonly consoleSocket = undefined
  readonly #fd = openSync('/dev/null', 'r')
  readonly stdio: ProcessStdio = ['null', this.#fd, this.#fd]
  #open = true

  attach(): Promise<void> {
    return this.close()
  }

  closeStdin(): void {}
  resize(): void {}
  exited(): void {}

  drained(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    if (this.#open) closeSync(this.#fd)
    this.#open = false
    return Promise.resolve()
  }
}
