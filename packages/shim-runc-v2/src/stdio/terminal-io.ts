// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'
import type { Fd, Relay, WindowSize } from '@containerd-ts/native-sys'
import { ConsoleSocket, OwnedFds } from '@containerd-ts/runc'
import { openInput, openOutput } from './client-pipe.ts'
import { LoggerProcess } from './logger-process.ts'
import type { IoOwner, ProcessIo, Streams } from './process-io.ts'

/** Where a terminal's output goes: a path, or a logging program. */
export type TerminalSink = { readonly path: string } | { readonly logger: URL; readonly owner: IoOwner }

/** A terminal: its master end between the client's FIFOs. */
export class TerminalIo implements ProcessIo {
  readonly stdio = undefined
  readonly consoleSocket: string
  readonly #socket: ConsoleSocket
  readonly #fds = new OwnedFds(native)
  readonly #streams: Streams
  readonly #sink: TerminalSink
  #control: Fd | undefined
  #output: Relay | undefined
  #input: Relay | undefined
  #stdinKeeper: Fd | undefined

  private constructor(streams: Streams, sink: TerminalSink, socket: ConsoleSocket) {
    this.#streams = streams
    this.#sink = sink
    this.#socket = socket
    this.consoleSocket = socket.path
  }

  static async open(streams: Streams, sink: TerminalSink): Promise<TerminalIo> {
    return new TerminalIo(streams, sink, await ConsoleSocket.open())
  }

  async attach(signal: AbortSignal): Promise<void> {
    const master = this.#fds.own(await this.#socket.receive({ signal }))
    await this.#socket[Symbol.asyncDispose]()
    this.#control = this.#fds.own(native.dup(master))
    const to = await this.#openSink(signal)
    this.#output = native.relay({
      from: this.#fds.give(master),
      to: this.#fds.give(to),
      end: 'pty',
      onBroken: 'discard',
    })
    this.#output.done.catch(() => {})
    if (this.#streams.stdin !== '') await this.#attachInput(this.#control, signal)
  }

  closeStdin(): void {
    this.#fds.close(this.#stdinKeeper)
  }

  resize({ rows, columns }: WindowSize): void {
    if (this.#control !== undefined)
      native.setWindowSize(this.#control, { rows: rows & 0xffff, columns: columns & 0xffff })
  }

  exited(): void {
    this.#output?.finish()
  }

  async drained(): Promise<void> {
    await this.#output?.done.catch(() => {})
  }

  async close(): Promise<void> {
    await this.#socket[Symbol.asyncDispose]()
    for (const relay of [this.#output, this.#input]) relay?.close()
    await this.drained()
    await this.#input?.done.catch(() => {})
    this.#control = undefined
    this.#fds[Symbol.dispose]()
  }

  async #attachInput(control: Fd, signal: AbortSignal): Promise<void> {
    const { read, keeper } = await openInput(this.#streams.stdin, this.#fds, signal)
    this.#stdinKeeper = keeper
    const to = native.dup(control)
    this.#input = native.relay({ from: this.#fds.give(read), to })
    const hangUp = (): void => {
      // The client closed its input for good: it hangs up the terminal.
      this.#output?.finish()
      this.#fds.close(this.#control)
      this.#control = undefined
    }
    this.#input.done.then(({ ended }) => (ended === 'eof' ? hangUp() : undefined), hangUp)
  }

  async #openSink(signal: AbortSignal): Promise<Fd> {
    if ('path' in this.#sink) return openOutput(this.#sink.path, this.#fds, signal)
    const logger = await LoggerProcess.start(this.#sink.logger, this.#sink.owner, signal)
    native.close(logger.stderr)
    logger.release()
    return this.#fds.own(logger.stdout)
  }
}
