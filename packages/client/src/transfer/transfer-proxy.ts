// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { unpackMessage } from '@containerd-ts/api'
import { Streaming } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import { Transfer } from '@containerd-ts/api/services/transfer/v1/transfer_pb'
import { ProgressSchema } from '@containerd-ts/api/types/transfer/progress_pb'
import type { MessageStream, Transferrer, TransferOptions } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromDescriptor, fromInt64, toAny } from '@containerd-ts/wire'
import { scopeOf } from '../proxy/scope.ts'
import { toTransferEnd } from './transfer-ends.ts'
import { TransferStreams } from './transfer-streams.ts'

/**
 * Transfers by the daemon. Streams are read, written and asked for credentials here. An abort gives the daemon some
 * seconds to tidy up before the call rejects. Sources and sinks stay the caller's.
 */
export function transferProxy(transport: Transport): Transferrer {
  const streaming = createClient(Streaming, transport)
  const client = createClient(Transfer, transport)
  return {
    async transfer(namespace, source, destination, options = {}) {
      const scope = scopeOf(namespace)
      await using streams = new TransferStreams(streaming, scope, options)
      const request = {
        source: await toTransferEnd(source, streams),
        destination: await toTransferEnd(destination, streams),
        options: {
          progressStream: await streams.openLast('progress', (stream) => reportAll(stream, options.onProgress)),
        },
      }
      try {
        await client.transfer(request, scope({ lease: options.lease, signal: streams.signal }))
      } catch (error) {
        await streams.abandon()
        throw error
      }
      await streams.finish()
    },
  }
}

async function reportAll(stream: MessageStream, onProgress: TransferOptions['onProgress']): Promise<void> {
  for (;;) {
    const message = await stream.receive()
    if (message === undefined) return
    const progress = unpackMessage(ProgressSchema, toAny(message))
    if (progress === undefined) continue
    const { event, name, parents, desc } = progress
    onProgress?.({
      event,
      name,
      parents,
      progress: fromInt64(progress.progress),
      total: fromInt64(progress.total),
      ...(desc === undefined ? {} : { descriptor: fromDescriptor(desc) }),
    })
  }
}
