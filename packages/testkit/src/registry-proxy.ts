// SPDX-License-Identifier: Apache-2.0
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from './registry.ts'

export interface RegistryProxyRequest {
  /** Pieces of a blob are handed on at this pace; at once when absent. */
  readonly bytesPerSecond?: number
  /** Turns bytes of a blob into others; what it declares of itself stays as it was. */
  readonly alterBlob?: (digest: string, piece: Buffer) => Buffer
}

export interface RegistryProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`, the host of a reference. */
  readonly host: string
  /** Paths asked for so far, with the range when there was one. */
  readonly asked: readonly string[]
  /** From now on. */
  change(request: RegistryProxyRequest): void
}

const pieceBytes = 16_384
const blobPath = /\/blobs\/(sha256:[0-9a-f]{64})$/

/** A registry in front of a registry: slow, or one whose blobs are not what their names say. */
export async function startRegistryProxy(
  registry: Registry,
  initial: RegistryProxyRequest = {},
): Promise<RegistryProxy> {
  let behaviour = initial
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { range } = incoming.headers
    asked.push(`${incoming.method} ${incoming.url}${range === undefined ? '' : ` ${range}`}`)
    const url = new URL(incoming.url ?? '/', `http://${registry.host}`)
    const onward = request(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      hand(answer, outgoing, blobPath.exec(url.pathname)?.[1], () => behaviour).catch(() => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    change: (next) => {
      behaviour = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function hand(
  answer: IncomingMessage,
  to: ServerResponse,
  digest: string | undefined,
  behaviour: () => RegistryProxyRequest,
): Promise<void> {
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const { bytesPerSecond, alterBlob } = behaviour()
      const piece = chunk.subarray(at, at + pieceBytes)
      if (to.destroyed) return
      to.write(digest === undefined || alterBlob === undefined ? piece : alterBlob(digest, piece))
      if (digest !== undefined && bytesPerSecond !== undefined) await sleep((piece.length / bytesPerSecond) * 1_000)
    }
  }
  to.end()
}
