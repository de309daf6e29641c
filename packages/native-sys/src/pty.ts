// SPDX-License-Identifier: Apache-2.0
import type { Fd } from './types.ts'

export interface WindowSize {
  readonly rows: number
  readonly columns: number
}

export interface Pty {
  readonly master: Fd
  readonly slave: Fd
  /** `/dev/pts/N`. */
  readonly path: string
}

export interface PtyCalls {
  openPty(size?: WindowSize): Pty
  isTerminal(fd: Fd): boolean
  getWindowSize(fd: Fd): WindowSize
  setWindowSize(fd: Fd, size: WindowSize): void
  /** Raw mode as cfmakeraw(3); the returned function puts back what was, any number of times. */
  makeRaw(fd: Fd): () => void
}
