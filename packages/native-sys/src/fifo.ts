// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd, WaitOptions } from './types.ts'

export interface OpenFifo extends WaitOptions {
  /**
   * `read` and `read-write` complete at once. `write` waits until somebody has it open for reading, as a blocking
   * open(2) would, but holds no thread; the signal ends the wait.
   * A `read-write` end never sees end of file.
   */
  readonly access: 'read' | 'write' | 'read-write'
}

export interface RelayOptions {
  /** Source; the relay takes it and closes it. */
  readonly from: Fd
  /** Destination; the relay takes it and closes it at the end, so that the reader sees end of file. */
  readonly to: Fd
  /**
   * What ends the source: `eof` (default) for pipes, FIFOs and sockets; `pty` for a pty master, where EIO means
   * that nobody has the terminal open *now* and only `finish()` makes it the end.
   */
  readonly end?: 'eof' | 'pty'
  /** When nobody reads the destination any more (EPIPE): `end` (default), or read on and `discard`. */
  readonly onBroken?: 'end' | 'discard'
}

export interface RelayResult {
  readonly bytes: number
  /** `EPIPE`: the reader left; `closed`: close() was called; otherwise undefined. Other failures reject. */
  readonly ended: 'eof' | 'broken' | 'closed'
}

/** Moves bytes in the kernel (splice, else read and write) on the native thread. */
export interface Relay {
  /** Settles when all bytes are delivered and both fds are closed. */
  readonly done: Promise<RelayResult>
  /** The writer is gone for good: deliver what is there, then end. For `pty` sources after the process has exited. */
  finish(): void
  /** Stops now; bytes not yet moved are lost. */
  close(): void
}

/** FIFOs and moving bytes. A FIFO is never opened in the libuv pool in blocking mode. */
export interface FifoCalls {
  /** mkfifo(3) with exactly this mode, whatever the umask. */
  makeFifo(path: BytePath, mode: number): Promise<void>
  /** The fd is non-blocking. @throws {SyscallError} ENOENT; EINVAL when the path is not a FIFO */
  openFifo(path: BytePath, options: OpenFifo): Promise<Fd>
  /**
   * Starts moving bytes; sets O_NONBLOCK on both (shared with duplicates). A FIFO nobody has opened for writing yet
   * is waited for, it does not count as ended. A reader that leaves a FIFO of which this process holds a read end
   * open ends nothing: bytes wait in the FIFO.
   */
  relay(options: RelayOptions): Relay
  /** At most `maxBytes` (default 65536) bytes; empty at end of file. Pipes, FIFOs, sockets and terminals. */
  readFd(fd: Fd, options?: WaitOptions & { readonly maxBytes?: number }): Promise<Buffer>
  /** Writes everything, waiting where the reader is slow. */
  writeFd(fd: Fd, data: Uint8Array, options?: WaitOptions): Promise<void>
  pipe(options?: { readonly nonBlocking?: boolean }): { readonly read: Fd; readonly write: Fd }
  /** Duplicate with close-on-exec, at or above `minimum`. */
  dup(fd: Fd, minimum?: number): Fd
  /** dup3(2) onto `target`, close-on-exec unless `inherit`. */
  dupTo(fd: Fd, target: Fd, options?: { readonly inherit?: boolean }): void
  setNonBlocking(fd: Fd, enabled: boolean): void
  setCloseOnExec(fd: Fd, enabled: boolean): void
  eventFd(initial?: number): Fd
}
