// SPDX-License-Identifier: Apache-2.0
/**
 * Signals that are passed on: all that a program can catch and that say something to the process, not to this
 * program's terminal, children or runtime. Who reads a terminal from the background must stop: caught, SIGTTIN would
 * come again and again.
 */
const forwarded: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCONT',
  'SIGTSTP',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
]

/** Hands every signal this program gets to `deliver`, until disposal. */
export function forwardSignals(deliver: (name: NodeJS.Signals) => void): Disposable {
  const listeners = forwarded.map((name) => ({ name, listener: () => deliver(name) }))
  for (const { name, listener } of listeners) process.on(name, listener)
  return {
    [Symbol.dispose]: () => {
      for (const { name, listener } of listeners) process.off(name, listener)
    },
  }
}
