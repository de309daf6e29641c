// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import { Code, describe, ResourceExhaustedError, type WireStatus } from '@containerd-ts/errdefs'
import { decodeRequest, encodeResponse, type RequestEnvelope } from './envelope.ts'
import { FrameFlag, FrameType, MAX_MESSAGE_BYTES, type Frame } from './frame.ts'
import { FrameSocket } from './frame-socket.ts'
import { ServerCall, type CallOutput } from './server-call.ts'
import type { ServiceTable } from './service.ts'

/** An error that a handler threw, with the call it happened in. */
export interface HandlerFailure {
  readonly service: string
  readonly method: string
  readonly status: WireStatus
  readonly error: unknown
}

export interface ServerConnectionOptions {
  readonly services: ServiceTable
  /** Requests handled at once before reading stops. */
  readonly maxConcurrentCalls: number
  readonly onFailure: (failure: HandlerFailure) => void
  readonly onClose: () => void
}

const EMPTY = new Uint8Array(0)

/** The server's end of one connection: checks frames, starts calls, writes their answers. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions
  readonly #frames: FrameSocket
  readonly #calls = new Map<number, ServerCall>()
  #lastStreamId = 0
  #finishing = false
  #room: PromiseWithResolvers<void> | undefined

  constructor(socket: Duplex, options: ServerConnectionOptions) {
    this.#options = options
    this.#frames = new FrameSocket(socket, {
      onFrame: (frame) => this.#onFrame(frame),
      onClose: () => this.#onClose(),
    })
  }

  /** Ends the connection as soon as no call is in flight. */
  finish(): void {
    this.#finishing = true
    if (this.#calls.size === 0) this.#frames.finish()
  }

  destroy(): void {
    this.#frames.destroy()
  }

  #onFrame(frame: Frame): Promise<void> | undefined {
    const { streamId, lengthBytes } = frame
    if (lengthBytes > MAX_MESSAGE_BYTES) {
      const text = `message length ${lengthBytes} exceed maximum message size of ${MAX_MESSAGE_BYTES}`
      return this.#refuse(streamId, Code.ResourceExhausted, text)
    }
    if (streamId % 2 !== 1) {
      return this.#refuse(streamId, Code.InvalidArgument, 'StreamID must be odd for client initiated streams')
    }
    if (frame.type === FrameType.Data) return this.#onData(frame)
    if (frame.type === FrameType.Request) return this.#onRequest(frame)
    return undefined
  }

  #onData(frame: Frame): Promise<void> | undefined {
    const { streamId, flags, body } = frame
    const call = this.#calls.get(streamId)
    if (call === undefined) return this.#refuse(streamId, Code.InvalidArgument, 'StreamID is no longer active')
    if (!call.isStream) return this.#refuse(streamId, Code.InvalidArgument, 'data sent on a unary call')
    let wait: Promise<void> | undefined
    if ((flags & FrameFlag.NoData) === 0) {
      try {
        wait = call.receive(body)
      } catch (error) {
        wait = this.#refuse(streamId, Code.InvalidArgument, `data handling error: ${describe(error)}`)
      }
    }
    if ((flags & FrameFlag.RemoteClosed) !== 0) {
      call.closeInbound()
      if (body.length > 0) {
        return this.#refuse(streamId, Code.InvalidArgument, 'data close message cannot include data')
      }
    }
    return wait
  }

  #onRequest({ streamId, body }: Frame): Promise<void> | undefined {
    if (streamId <= this.#lastStreamId) {
      return this.#refuse(streamId, Code.InvalidArgument, 'StreamID cannot be re-used and must increment')
    }
    this.#lastStreamId = streamId
    let request: RequestEnvelope
    try {
      request = decodeRequest(body)
    } catch (error) {
      return this.#refuse(streamId, Code.InvalidArgument, `unmarshal request error: ${describe(error)}`)
    }
    const found = this.#options.services.find(request.service, request.method)
    if (typeof found === 'string') return this.#refuse(streamId, Code.Unimplemented, found)
    const call = new ServerCall(found, request.timeoutNano)
    this.#calls.set(streamId, call)
    void call.run(request, this.#output(streamId, call, request)).then(() => this.#settle(streamId))
    if (this.#calls.size < this.#options.maxConcurrentCalls) return undefined
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  #output(streamId: number, call: ServerCall, { service, method }: RequestEnvelope): CallOutput {
    const live = (): boolean => this.#calls.get(streamId) === call
    return {
      message: (payload) => {
        if (payload.length > MAX_MESSAGE_BYTES) throw oversized(payload.length)
        return live() ? this.#frames.write(streamId, FrameType.Data, FrameFlag.None, payload) : undefined
      },
      end: () => {
        if (!live()) return
        void this.#frames.write(streamId, FrameType.Data, FrameFlag.RemoteClosed | FrameFlag.NoData, EMPTY)
      },
      reply: (payload) => {
        const body = encodeResponse({ payload })
        if (body.length > MAX_MESSAGE_BYTES) throw oversized(body.length)
        return live() ? this.#frames.write(streamId, FrameType.Response, FrameFlag.None, body) : undefined
      },
      fail: (status, error) => {
        this.#options.onFailure({ service, method, status, error })
        return live() ? this.#respond(streamId, status) : undefined
      },
    }
  }

  #settle(streamId: number): void {
    this.#calls.delete(streamId)
    this.#room?.resolve()
    this.#room = undefined
    if (this.#finishing && this.#calls.size === 0) this.#frames.finish()
  }

  /** Answers a frame that breaks the protocol. Waits for the write, so that a flood cannot fill memory. */
  #refuse(streamId: number, code: Code, message: string): Promise<void> | undefined {
    return this.#respond(streamId, { code, message })
  }

  #respond(streamId: number, status: WireStatus): Promise<void> | undefined {
    const body = encodeResponse({ status, payload: EMPTY })
    return this.#frames.write(streamId, FrameType.Response, FrameFlag.None, body)
  }

  #onClose(): void {
    for (const call of this.#calls.values()) call.cancel()
    this.#calls.clear()
    this.#room?.resolve()
    this.#options.onClose()
  }
}

const oversized = (lengthBytes: number): ResourceExhaustedError =>
  new ResourceExhaustedError(`message length ${lengthBytes} exceed maximum message size of ${MAX_MESSAGE_BYTES}`)
