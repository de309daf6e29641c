// SPDX-License-Identifier: Apache-2.0
import type { TaskProcess } from '@containerd-ts/client'
import { describe, isNotFound } from '@containerd-ts/errdefs'
import type { Interrupts } from '../cli/interrupts.ts'
import type { Console } from './console.ts'
import { forwardSignals } from './forwarded-signals.ts'

export interface Company {
  /** Present when the process has our terminal: keys are its signals then, and only the window's size is passed on. */
  readonly console: Console | undefined
  readonly interrupts: Interrupts
  readonly onWarning: (message: string) => void
}

/** Passes on what concerns a running process, signals or the window's size, until disposal. */
export function stayWith(process: TaskProcess, { console, interrupts, onWarning }: Company): Disposable {
  if (console !== undefined) {
    // One after the other: of two that cross, the older size could come last.
    let before = Promise.resolve()
    const resize = (): void => {
      before = before.then(() => process.resize(console.size.columns, console.size.rows)).catch(() => {}) // it has ended, or is about to
    }
    resize()
    return console.onResize(resize)
  }
  interrupts.release()
  return forwardSignals((signal) => {
    process.kill(signal).catch((error: unknown) => {
      if (!isNotFound(error)) onWarning(`forward signal ${signal}: ${describe(error)}`)
    })
  })
}
