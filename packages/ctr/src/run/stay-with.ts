// SPDX-License-Identifier: Apache-2.0
import type { TaskProcess } from '@containerd-ts/client'
import type { CallOptions } from '@containerd-ts/core'
import { describe, isNotFound } from '@containerd-ts/errdefs'
import { constants } from 'node:os'
import type { Interrupts } from '../cli/interrupts.ts'
import type { Console } from './console.ts'
import { forwardSignals } from './forwarded-signals.ts'

export interface Company {
  /** Present when the process has our terminal: keys are its signals then, and only the window's size is passed on. */
  readonly console: Console | undefined
  readonly interrupts: Interrupts
  readonly onWarning: (message: string) => void
}

export interface Stay extends Disposable {
  readonly pid: number
}

/**
 * Starts a process and stays with it. It may be heard of before its start is answered: signals that come in between
 * reach it as soon as it runs. Who asks twice for the end gives the start up.
 */
export async function startWith(process: TaskProcess, company: Company, options: CallOptions): Promise<Stay> {
  using undo = new DisposableStack()
  const stay = (pid: number): Stay => {
    const staying = undo.move()
    return { pid, [Symbol.dispose]: () => staying.dispose() }
  }
  if (company.console !== undefined) {
    const pid = await process.start(options)
    undo.use(stayWith(process, company))
    return stay(pid)
  }
  const early = new Set<NodeJS.Signals>()
  let deliver = (name: NodeJS.Signals): void => {
    if (!early.has(name)) early.add(name)
    else if (company.interrupts.interrupt(name)) forwarding[Symbol.dispose]()
  }
  const forwarding = undo.use(forwardSignals((name) => deliver(name)))
  company.interrupts.release()
  const pid = await process.start(options)
  deliver = signalling(process, company)
  for (const name of early) deliver(name)
  return stay(pid)
}

/** Passes on what concerns a running process, signals or the window's size, until disposal. */
export function stayWith(process: TaskProcess, company: Company): Disposable {
  const { console, interrupts } = company
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
  return forwardSignals(signalling(process, company))
}

const signalling =
  (process: TaskProcess, { onWarning }: Company) =>
  (name: NodeJS.Signals): void => {
    process.kill(constants.signals[name]).catch((error: unknown) => {
      if (!isNotFound(error)) onWarning(`forward ${name}: ${describe(error)}`)
    })
  }
