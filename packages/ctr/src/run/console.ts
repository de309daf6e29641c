// SPDX-License-Identifier: Apache-2.0
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import type { WindowSize } from '@containerd-ts/native-sys'

/** The terminal this program runs on, in raw mode until disposal. */
export class Console implements Disposable {
  readonly fd: number
  readonly #restore: () => void
  #raw = true

  private constructor(fd: number) {
    this.fd = fd
    this.#restore = native.makeRaw(fd)
    process.on('exit', this.#reset)
  }

  /** @throws {FailedPreconditionError} none of the standard streams is a terminal */
  static open(): Console {
    const fd = [0, 1, 2].find((stream) => native.isTerminal(stream))
    if (fd === undefined) throw new FailedPreconditionError('provided file is not a console')
    return new Console(fd)
  }

  get size(): WindowSize {
    return native.getWindowSize(this.fd)
  }

  /** Calls back whenever the window changes, until disposal of the result. */
  onResize(listener: () => void): Disposable {
    process.on('SIGWINCH', listener)
    return { [Symbol.dispose]: () => void process.off('SIGWINCH', listener) }
  }

  readonly #reset = (): void => {
    if (this.#raw) this.#restore()
    this.#raw = false
  };

  [Symbol.dispose](): void {
    process.off('exit', this.#reset)
    this.#reset()
  }
}
