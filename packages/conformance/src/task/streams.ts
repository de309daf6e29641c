// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { native } from '@containerd-ts/native-sys'
import type { Fd } from '@containerd-ts/native-sys'

/** The client's side of a process's streams: FIFOs, open before the process is made. */
export class ClientStreams implements AsyncDisposable {
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
  readonly #fds = new Map<string, Fd>()
  readonly #stdinOpening = new AbortController()
  #stdin: Promise<Fd> | undefined

  private constructor(prefix: string, withStdin: boolean, terminal: boolean) {
    this.stdin = withStdin ? `${prefix}-stdin` : ''
    this.stdout = `${prefix}-stdout`
    this.stderr = terminal ? '' : `${prefix}-stderr`
  }

  static async open(directory: string, id: string, { stdin = false, terminal = false } = {}): Promise<ClientStreams> {
    const streams = new ClientStreams(join(directory, id), stdin, terminal)
    for (const path of [streams.stdin, streams.stdout, streams.stderr])
      if (path !== '') await native.makeFifo(path, 0o700)
    for (const path of [streams.stdout, streams.stderr]) await streams.openReader(path)
    if (stdin) {
      streams.#stdin = native.openFifo(streams.stdin, { access: 'write', signal: streams.#stdinOpening.signal })
      streams.#stdin.catch(() => {}) // given up on when nobody opens the other end
    }
    return streams
  }

  /** (Re)opens the reading end of an output. */
  async openReader(path: string): Promise<void> {
    if (path !== '') this.#fds.set(path, await native.openFifo(path, { access: 'read' }))
  }

  /** Goes away from an output, as a client that detaches. */
  closeReader(path: string): void {
    const fd = this.#fds.get(path)
    this.#fds.delete(path)
    if (fd !== undefined) native.close(fd)
  }

  /** Reads an output to its end. */
  async readAll(path: string = this.stdout, timeoutMs = 20_000): Promise<string> {
    return this.readUntil(() => false, path, timeoutMs)
  }

  /** Reads until the text satisfies, or the end. */
  async readUntil(enough: (text: string) => boolean, path: string = this.stdout, timeoutMs = 20_000): Promise<string> {
    const fd = this.#fds.get(path)
    if (fd === undefined) throw new Error(`${path} is not open`)
    const signal = AbortSignal.timeout(timeoutMs)
    let text = ''
    while (!enough(text)) {
      await native.waitReadable(fd, { signal })
      const chunk = await native.readFd(fd, { signal })
      if (chunk.length === 0) break
      text += chunk.toString('latin1')
    }
    return text
  }

  async write(text: string): Promise<void> {
    if (this.#stdin === undefined) throw new Error('no stdin')
    await native.writeFd(await this.#stdin, Buffer.from(text), { signal: AbortSignal.timeout(10_000) })
  }

  async closeStdin(): Promise<void> {
    const fd = await this.#stdin
    this.#stdin = undefined
    if (fd !== undefined) native.close(fd)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stdinOpening.abort(new Error('closed'))
    const stdin = await this.#stdin?.catch(() => undefined)
    for (const fd of [...this.#fds.values(), stdin]) if (fd !== undefined) native.close(fd)
    this.#fds.clear()
  }
}
