// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Flags } from '@oclif/core'
import { UnavailableError, UnknownError } from '@containerd-ts/errdefs'
import { writeBytes } from '../output/write-bytes.ts'

export const debugSocketFlag = Flags.string({
  char: 'd',
  summary: 'debug socket of the daemon',
  default: '/run/containerd/debug.sock',
})

/** Writes a profile of the daemon to standard output. @throws {UnavailableError} nobody listens */
export async function printProfile(
  socket: string,
  profile: string,
  query: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<void> {
  const parameters = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  )
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const path = `/debug/pprof/${profile}?${parameters.toString()}`
  request({ socketPath: socket.replace(/^unix:\/\//, ''), path, signal }, resolve)
    .on('error', reject)
    .end()
  const response = await promise.catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new UnavailableError(`debug socket ${socket}`, { cause })
  })
  if (response.statusCode !== 200) {
    response.resume()
    throw new UnknownError(`profile ${profile}: status ${response.statusCode ?? 0}`)
  }
  for await (const bytes of response) writeBytes(1, bytes as Buffer)
}
