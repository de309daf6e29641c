// SPDX-License-Identifier: Apache-2.0
import type { WindowSize } from '@containerd-ts/native-sys'
import type { ProcessStdio } from '@containerd-ts/runc'

/** What a client asks for: paths, or a URI in `stdout`. */
export interface Streams {
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
  readonly terminal: boolean
}

export interface IoOwner {
  readonly namespace: string
  /** Container id, or exec id. */
  readonly id: string
  /** Owner of the container's ends of pipes. */
  readonly uid: number
  readonly gid: number
}

/**
 * The standard streams of one process. Made before the runtime runs; `attach` once it has run; `close` at the
 * end, or when the runtime failed. Bytes move in the kernel, never through here.
 */
export interface ProcessIo {
  /** Descriptors for the runtime; undefined with a terminal. */
  readonly stdio: ProcessStdio | undefined
  /** Where the runtime sends the terminal. */
  readonly consoleSocket: string | undefined
  /** Connects what the client opened; waits for its readers, as long as the signal lets it. */
  attach(signal: AbortSignal): Promise<void>
  /** Lets go of our end of the client's input: once the client closes its own, the process sees its end. */
  closeStdin(): void
  /** Without a terminal: nothing. */
  resize(size: WindowSize): void
  /** The process has ended: deliver what it wrote, then end. */
  exited(): void
  /** Resolves when all output has been delivered. */
  drained(): Promise<void>
  close(): Promise<void>
}
