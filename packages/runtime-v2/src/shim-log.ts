// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import type { Logger } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import type { ShimSyscalls } from './run-shim.ts'

/** Longest line that is passed on whole; longer ones are cut. */
const MAX_LINE_BYTES = 16 << 10

/** Copies the lines of a shim's log FIFO to the daemon's logger until disposal. */
export class ShimLog implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #copying: Promise<void>

  private constructor(sys: ShimSyscalls, fd: number, logger: Logger) {
    this.#copying = copyLines(sys, fd, logger, this.#stop.signal)
  }

  /**
   * Makes the FIFO `log` of a bundle unless it is there, and opens it for reading and writing: a shim's writer then
   * never waits, and never sees this reader go away between two daemons.
   */
  static async open(sys: ShimSyscalls, bundle: string, logger: Logger): Promise<ShimLog> {
    const path = join(bundle, 'log')
    try {
      await sys.makeFifo(path, 0o700)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    return new ShimLog(sys, await sys.openFifo(path, { access: 'read-write' }), logger)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#copying
  }
}

async function copyLines(sys: ShimSyscalls, fd: number, logger: Logger, signal: AbortSignal): Promise<void> {
  let rest = ''
  try {
    while (!signal.aborted) {
      const chunk = await sys.readFd(fd, { signal })
      if (chunk.length === 0) break
      const lines = (rest + chunk.toString()).split('\n')
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_BYTES)
      for (const line of lines) logLine(logger, line)
    }
  } catch (error) {
    if (!signal.aborted) logger.warn('shim log lost', { error })
  } finally {
    if (rest !== '') logLine(logger, rest)
    sys.close(fd)
  }
}

/** Shims write logrus text; its level decides where the line goes. */
function logLine(logger: Logger, line: string): void {
  if (line.trim() === '') return
  const level = /\blevel=(\w+)/.exec(line)?.[1] ?? 'info'
  const message = 'shim'
  const fields = { line }
  if (level === 'error' || level === 'fatal' || level === 'panic') logger.error(message, fields)
  else if (level === 'warning' || level === 'warn') logger.warn(message, fields)
  else if (level === 'debug') logger.debug(message, fields)
  else if (level === 'trace') logger.trace(message, fields)
  else logger.info(message, fields)
}
