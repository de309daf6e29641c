// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Any, AnySchema } from '@bufbuild/protobuf/wkt'
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { Streaming, StreamInitSchema } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import { DataSchema, WindowUpdateSchema } from '@containerd-ts/api/types/transfer/streaming_pb'
import { AsyncQueue } from '@containerd-ts/lifecycle'
import { createClient, createUnixTransport } from '@containerd-ts/rpc'
import type { UnixTransport } from '@containerd-ts/rpc'
import { createRpcServer } from '@containerd-ts/rpc/server'
import type { RpcRouter } from '@containerd-ts/rpc/server'
import { StreamTable } from '@containerd-ts/streaming'
import { tempRoot } from '@containerd-ts/testkit'
import { streamingService } from '../src/index.ts'

export interface StreamWorld extends AsyncDisposable {
  readonly table: StreamTable
  readonly transport: UnixTransport
}

/** A socket that serves Streaming and what else is given. */
export async function serveStreams(
  more: (router: RpcRouter, table: StreamTable) => void = () => {},
): Promise<StreamWorld> {
  await using undo = new AsyncDisposableStack()
  const root = undo.use(await tempRoot())
  const table = undo.use(new StreamTable())
  const server = undo.use(
    createRpcServer({
      routes(router) {
        router.service(Streaming, streamingService(table))
        more(router, table)
      },
    }),
  )
  await server.listenUnix({ path: root.join('s.sock') })
  const transport = undo.use(createUnixTransport({ address: root.join('s.sock') }))
  const owned = undo.move()
  return { table, transport, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export const headers = { 'containerd-namespace': 'default' }

/** A stream as a Go client opens it: the id, then the answer, then messages both ways. */
export class ClientStream implements AsyncDisposable {
  readonly #sent = new AsyncQueue<MessageInitShape<typeof AnySchema>>()
  readonly #received: AsyncIterator<Any>
  readonly #stop = new AbortController()

  constructor(transport: UnixTransport, callHeaders: Record<string, string> = headers) {
    const call = createClient(Streaming, transport).stream(this.#sent, {
      headers: callHeaders,
      signal: this.#stop.signal,
    })
    this.#received = call[Symbol.asyncIterator]()
  }

  static async open(transport: UnixTransport, id: string, callHeaders?: Record<string, string>): Promise<ClientStream> {
    const stream = new ClientStream(transport, callHeaders)
    stream.send(packMessage(StreamInitSchema, { id }))
    const ack = await stream.receive()
    if (ack?.typeUrl !== 'google.protobuf.Empty') throw new Error(`acknowledged with ${ack?.typeUrl}`)
    return stream
  }

  send(any: Any): void {
    this.#sent.offer(any)
  }

  async receive(): Promise<Any | undefined> {
    const next = await this.#received.next()
    return next.done === true ? undefined : next.value
  }

  /** No more from this side. */
  finish(): void {
    this.#sent.close()
  }

  /** Gone without an end. */
  cut(): void {
    this.#stop.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await this.#received.next().catch(() => {})
  }
}

/** Sends bytes as Go's sender does: within what the receiver grants, 32 KiB at a time. */
export async function sendBytes(stream: ClientStream, bytes: Uint8Array): Promise<void> {
  let credit = 0
  for (let at = 0; at < bytes.length;) {
    while (credit <= 0) {
      const update = unpackMessage(WindowUpdateSchema, await stream.receive())
      if (update === undefined) throw new Error('receiver ended')
      credit += update.update
    }
    const data = bytes.subarray(at, at + Math.min(32 * 1024, credit))
    stream.send(packMessage(DataSchema, { data }))
    at += data.length
    credit -= data.length
  }
  stream.finish()
}

/** Receives bytes as Go's receiver does, and says the largest piece. */
export async function receiveBytes(stream: ClientStream): Promise<{ bytes: Buffer; largest: number }> {
  const chunks: Uint8Array[] = []
  let window = 0
  for (;;) {
    if (window < 65536) {
      stream.send(packMessage(WindowUpdateSchema, { update: 65536 }))
      window += 65536
    }
    const message = await stream.receive()
    if (message === undefined) break
    const data = unpackMessage(DataSchema, message)?.data ?? new Uint8Array()
    window -= data.length
    chunks.push(data)
  }
  return { bytes: Buffer.concat(chunks), largest: Math.max(0, ...chunks.map((chunk) => chunk.length)) }
}
