// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
} from '@bufbuild/protobuf'
import type { CallOptions, Client, StreamResponse, Transport } from '@connectrpc/connect'
import { UnimplementedError } from '@containerd-ts/errdefs'

type Init = MessageInitShape<DescMessage>

/**
 * Connect's typed client without the cost of loading Connect. One thing is better: leaving a loop over
 * responses ends the call.
 */
export function createClient<S extends DescService>(service: S, transport: Transport): Client<S> {
  const client: Record<string, unknown> = {}
  for (const method of service.methods) {
    switch (method.methodKind) {
      case 'unary':
        client[method.localName] = unary(transport, method as DescMethodUnary)
        break
      case 'server_streaming':
        client[method.localName] = (input: Init, options?: CallOptions) =>
          streaming(transport, method as DescMethodStreaming, one(input), options)
        break
      case 'client_streaming':
        client[method.localName] = (input: AsyncIterable<Init>, options?: CallOptions) =>
          last(streaming(transport, method as DescMethodStreaming, input, options))
        break
      case 'bidi_streaming':
        client[method.localName] = (input: AsyncIterable<Init>, options?: CallOptions) =>
          streaming(transport, method as DescMethodStreaming, input, options)
        break
    }
  }
  return client as Client<S>
}

const unary =
  (transport: Transport, method: DescMethodUnary) =>
  async (input: Init, options?: CallOptions): Promise<Message> => {
    const { signal, timeoutMs, headers, contextValues, onHeader, onTrailer } = options ?? {}
    const response = await transport.unary(method, signal, timeoutMs, headers, input, contextValues)
    onHeader?.(response.header)
    onTrailer?.(response.trailer)
    return response.message
  }

/** The call starts at once, not with the first read: a subscriber misses nothing. */
function streaming(
  transport: Transport,
  method: DescMethodStreaming,
  input: AsyncIterable<Init>,
  options: CallOptions | undefined,
): AsyncIterable<Message> {
  const { signal, timeoutMs, headers, contextValues } = options ?? {}
  const response = transport.stream(method, signal, timeoutMs, headers, input, contextValues)
  response.catch(() => {}) // the reader gets it
  return read(response, options)
}

async function* read(pending: Promise<StreamResponse>, options: CallOptions | undefined): AsyncGenerator<Message> {
  const response = await pending
  options?.onHeader?.(response.header)
  yield* response.message as AsyncIterable<Message>
  options?.onTrailer?.(response.trailer)
}

async function* one(input: Init): AsyncGenerator<Init> {
  yield input
}

async function last(responses: AsyncIterable<Message>): Promise<Message> {
  let only: Message | undefined
  for await (const message of responses) {
    if (only !== undefined) throw new UnimplementedError('protocol error: received extra response message')
    only = message
  }
  if (only === undefined) throw new UnimplementedError('protocol error: missing response message')
  return only
}
