// SPDX-License-Identifier: Apache-2.0

interface Listened {
  once(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** Waits until a full stream has room again, or what it belongs to has ended. */
export function drained(stream: Listened, owner: Listened = stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      owner.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    owner.once('close', done)
  })
}
