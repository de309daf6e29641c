// SPDX-License-Identifier: Apache-2.0
import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { DataLossError } from '@containerd-ts/errdefs'
import { isTtrpcClosed } from './closed-error.ts'
import { ClientCall, encodeMessage, type TtrpcCallOptions } from './client-call.ts'
import type { TtrpcConnection } from './client-connection.ts'
import type { AnyMessageShape } from './service.ts'

/** The caller's face of one method; the four kinds have the shapes of Connect's `Client`. */
export type ClientMethod<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: TtrpcCallOptions) => Promise<MessageShape<O>>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: TtrpcCallOptions) => AsyncIterable<MessageShape<O>>
      : M extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageInitShape<I>>, options?: TtrpcCallOptions) => Promise<MessageShape<O>>
        : M extends DescMethodBiDiStreaming<infer I, infer O>
          ? (requests: AsyncIterable<MessageInitShape<I>>, options?: TtrpcCallOptions) => AsyncIterable<MessageShape<O>>
          : never

/** A service's methods by local name. */
export type TtrpcClient<S extends DescService> = { readonly [P in keyof S['method']]: ClientMethod<S['method'][P]> }

type Untyped = (input: unknown, options?: TtrpcCallOptions) => unknown

/**
 * Typed calls over a connection. Streams end their iteration with the call's failure; leaving one early gives
 * up on it.
 * @param defaults - options for every call, such as the namespace; a call's own win
 */
export function createTtrpcClient<S extends DescService>(
  service: S,
  connection: TtrpcConnection,
  defaults: TtrpcCallOptions = {},
): TtrpcClient<S> {
  const methods: Record<string, Untyped> = {}
  for (const method of service.methods) {
    const call = callerOf(connection, method)
    methods[method.localName] = (input, options) => call(input, { ...defaults, ...options })
  }
  return methods as unknown as TtrpcClient<S>
}

function callerOf(
  connection: TtrpcConnection,
  method: DescMethod,
): (input: unknown, options: TtrpcCallOptions) => unknown {
  switch (method.methodKind) {
    case 'unary':
      return (input, options) => unary(connection, method, input, options)
    case 'server_streaming':
      return (input, options) => serverStream(connection, method, input, options)
    case 'client_streaming':
      return (input, options) => clientStream(connection, method, input as AsyncIterable<unknown>, options)
    case 'bidi_streaming':
      return (input, options) => bidiStream(connection, method, input as AsyncIterable<unknown>, options)
  }
}

async function unary(
  connection: TtrpcConnection,
  method: DescMethod,
  input: unknown,
  options: TtrpcCallOptions,
): Promise<AnyMessageShape> {
  using call = new ClientCall(connection, method, encodeMessage(method.input, input), options)
  return await reply(call, method)
}

async function* serverStream(
  connection: TtrpcConnection,
  method: DescMethod,
  input: unknown,
  options: TtrpcCallOptions,
): AsyncGenerator<AnyMessageShape, void> {
  using call = new ClientCall(connection, method, encodeMessage(method.input, input), options)
  yield* messages(call)
}

async function clientStream(
  connection: TtrpcConnection,
  method: DescMethod,
  inputs: AsyncIterable<unknown>,
  options: TtrpcCallOptions,
): Promise<AnyMessageShape> {
  using call = new ClientCall(connection, method, new Uint8Array(0), options)
  const sending = feed(call, inputs)
  try {
    return await reply(call, method)
  } catch (error) {
    throw sending.failure ?? error
  }
}

async function* bidiStream(
  connection: TtrpcConnection,
  method: DescMethod,
  inputs: AsyncIterable<unknown>,
  options: TtrpcCallOptions,
): AsyncGenerator<AnyMessageShape, void> {
  using call = new ClientCall(connection, method, new Uint8Array(0), options)
  const sending = feed(call, inputs)
  try {
    yield* messages(call)
  } catch (error) {
    throw sending.failure ?? error
  }
}

async function* messages(call: ClientCall): AsyncGenerator<AnyMessageShape, void> {
  for (let message = await call.receive(); message !== undefined; message = await call.receive()) yield message
}

async function reply(call: ClientCall, method: DescMethod): Promise<AnyMessageShape> {
  const answer = await call.receive()
  if (answer === undefined) throw new DataLossError(`${method.name}: stream ended without a reply`)
  return answer
}

/** Sends the inputs until they or the call end; a failing input ends the call and is kept for its caller. */
function feed(call: ClientCall, inputs: AsyncIterable<unknown>): { readonly failure?: Error } {
  const state: { failure?: Error } = {}
  const send = async (): Promise<void> => {
    for await (const input of inputs) {
      if (call.ended) return
      await call.send(input)
    }
    call.closeSend()
  }
  send().catch((error: unknown) => {
    if (!isTtrpcClosed(error)) state.failure = error instanceof Error ? error : new Error(String(error))
    call[Symbol.dispose]()
  })
  return state
}
