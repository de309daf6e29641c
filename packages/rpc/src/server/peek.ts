// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'

const preface = Buffer.from('PRI')

/**
 * Tells HTTP/2 with prior knowledge from HTTP/1 by the first bytes, which are put back. No method of HTTP/1
 * begins with `PRI`, so three bytes suffice. A connection that stays silent for too long is dropped.
 */
export function peekProtocol(socket: Socket, timeoutMs: number, decide: (protocol: 'http1' | 'http2') => void): void {
  const onTimeout = (): void => void socket.destroy()
  const onError = (): void => {} // 'close' follows; until a server takes over nobody else listens
  socket.setTimeout(timeoutMs, onTimeout)
  socket.on('error', onError)
  let bytes: Buffer = Buffer.alloc(0)
  const look = (): void => {
    // 'readable', never 'data': flowing mode would keep the HTTP/2 session from taking the handle over.
    const chunk: Buffer | null = socket.read()
    if (chunk !== null) bytes = Buffer.concat([bytes, chunk])
    const seen = bytes.subarray(0, preface.length)
    if (seen.length < preface.length && preface.subarray(0, seen.length).equals(seen)) {
      // The bytes are held, not put back: that would say 'readable' at once, for ever.
      if (socket.readableEnded) socket.destroy()
      else socket.once('readable', look)
      return
    }
    socket.unshift(bytes)
    socket.setTimeout(0)
    socket.off('timeout', onTimeout)
    socket.off('error', onError)
    decide(seen.equals(preface) ? 'http2' : 'http1')
  }
  socket.once('readable', look)
}
