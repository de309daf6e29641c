// SPDX-License-Identifier: Apache-2.0
import { EmptySchema } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { StreamInitSchema } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import type { Streaming } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import type { StreamManager } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { leaseOf, namespaceOf } from '@containerd-ts/rpc'
import { ServedStream } from './served-stream.ts'

/** containerd.services.streaming.v1.Streaming */
export function streamingService(streams: StreamManager): ServiceImpl<typeof Streaming> {
  return {
    async *stream(requests, { signal, requestHeader }) {
      const reader = requests[Symbol.asyncIterator]()
      const first = await reader.next()
      const init = first.done === true ? undefined : unpackMessage(StreamInitSchema, first.value)
      if (init === undefined) throw new InvalidArgumentError('first message must name the stream')
      using stream = new ServedStream(reader, signal)
      streams.register(namespaceOf(requestHeader) ?? '', init.id, stream, { lease: leaseOf(requestHeader) })
      yield packMessage(EmptySchema, {})
      yield* stream.outgoing()
    },
  }
}
