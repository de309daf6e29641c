// SPDX-License-Identifier: Apache-2.0
import { CanceledError, DeadlineExceededError } from '@containerd-ts/errdefs'

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Turns signals and the time limit into one abort signal, unless the command takes signals for itself. */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined
  readonly #onSignal = (name: NodeJS.Signals): void => void this.interrupt(name)
  #listening = true

  constructor(timeoutMs: number) {
    for (const name of endSignals) process.on(name, this.#onSignal)
    if (timeoutMs > 0) {
      this.#timer = setTimeout(
        () => this.#controller.abort(new DeadlineExceededError('command took longer than --timeout')),
        timeoutMs,
      )
      this.#timer.unref()
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Does what a signal does that nobody has taken over. False for one that does not mean an end. */
  interrupt(name: NodeJS.Signals): boolean {
    if (!endSignals.some((each) => each === name)) return false
    if (this.#controller.signal.aborted) {
      // Asked twice: whoever waits no longer wants to wait for the tidying up.
      this.release()
      process.kill(process.pid, name)
    } else this.#controller.abort(new CanceledError(`interrupted by ${name}`))
    return true
  }

  /** From now on signals belong to the command: they are forwarded to a container, not an end of this program. */
  release(): void {
    if (!this.#listening) return
    this.#listening = false
    for (const name of endSignals) process.off(name, this.#onSignal)
  }

  [Symbol.dispose](): void {
    this.release()
    clearTimeout(this.#timer)
  }
}
