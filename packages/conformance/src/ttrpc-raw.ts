// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import { decodeResponse, encodeFrame, encodeRequest, FrameDecoder, FrameType, type Frame } from '@containerd-ts/ttrpc'

/** A peer that speaks frames by hand, right or wrong. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Duplex
  readonly #decoder = new FrameDecoder()
  readonly #frames: Frame[] = []
  readonly #waiting: ((frame: Frame | undefined) => void)[] = []
  #closed = false

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Uint8Array) => {
      for (const frame of this.#decoder.push(chunk)) {
        const waiter = this.#waiting.shift()
        if (waiter === undefined) this.#frames.push(frame)
        else waiter(frame)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      for (const waiter of this.#waiting.splice(0)) waiter(undefined)
    })
  }

  send(streamId: number, type: number, flags: number, body: Uint8Array = new Uint8Array(0)): void {
    this.socket.write(encodeFrame(streamId, type, flags, body))
  }

  request(
    streamId: number,
    method: string,
    text: string | undefined,
    options: { timeoutNano?: bigint; service?: string } = {},
  ): void {
    const { timeoutNano = 0n, service = 'conformance.v1.Echo' } = options
    const payload = text === undefined ? new Uint8Array(0) : textMessage(text)
    this.send(
      streamId,
      FrameType.Request,
      0,
      encodeRequest({ service, method, payload, timeoutNano, metadata: new Map() }),
    )
  }

  /** Next frame, or nothing when the connection has ended. */
  frame(): Promise<Frame | undefined> {
    const frame = this.#frames.shift()
    if (frame !== undefined || this.#closed) return Promise.resolve(frame)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Next frame as a response. */
  async response(): Promise<{ streamId: number; code: number; message: string; text: string }> {
    const frame = await this.frame()
    if (frame === undefined) throw new Error('the connection has ended')
    if (frame.type !== FrameType.Response) throw new Error(`frame of type ${frame.type} is no response`)
    const { status, payload } = decodeResponse(frame.body)
    const text = status === undefined ? messageText(payload) : ''
    return { streamId: frame.streamId, code: status?.code ?? 0, message: status?.message ?? '', text }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    while (!this.#closed) await this.frame()
  }
}

export const textMessage = (value: string): Uint8Array =>
  toBinary(StringValueSchema, create(StringValueSchema, { value }))
export const messageText = (body: Uint8Array): string => fromBinary(StringValueSchema, body).value
