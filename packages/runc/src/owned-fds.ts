// SPDX-License-Identifier: Apache-2.0
import type { Fd, FifoCalls, FileCalls } from '@containerd-ts/native-sys'

/** File descriptors with one owner: each is closed once, or given away. Disposal closes what is left. */
export class OwnedFds implements Disposable {
  readonly #sys: Pick<FifoCalls, 'pipe'> & Pick<FileCalls, 'close'>
  readonly #open = new Set<Fd>()

  constructor(sys: Pick<FifoCalls, 'pipe'> & Pick<FileCalls, 'close'>) {
    this.#sys = sys
  }

  /** Takes a descriptor over. */
  own(fd: Fd): Fd {
    this.#open.add(fd)
    return fd
  }

  pipe(): { readonly read: Fd; readonly write: Fd } {
    const { read, write } = this.#sys.pipe()
    this.#open.add(read).add(write)
    return { read, write }
  }

  /** Hands a descriptor to somebody who closes it. */
  give(fd: Fd): Fd {
    this.#open.delete(fd)
    return fd
  }

  close(...fds: readonly (Fd | undefined)[]): void {
    for (const fd of fds) {
      if (fd !== undefined && this.#open.delete(fd)) this.#sys.close(fd)
    }
  }

  [Symbol.dispose](): void {
    this.close(...this.#open)
  }
}
