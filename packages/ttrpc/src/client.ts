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
import { ClientCall, type TtrpcCallOptions } from './client-call.ts'
import type { TtrpcConnection } from './client-connection.ts'
import { methodOf } from './descriptor-method.ts'
import type { Method } from './method.ts'
import { localName } from './plain/service.ts'
import type { PlainMethod, PlainMethods, PlainService } from './plain/service.ts'
import type { PlainInit } from './plain/message.ts'

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
    const call = callerOf(connection, methodOf(method))
    methods[method.localName] = (input, options) => call(input, { ...defaults, ...options })
  }
  return methods as unknown as TtrpcClient<S>
}

/** A hand-described service's methods by local name. */
export type PlainClient<M extends PlainMethods> = {
  readonly [K in keyof M & string as Uncapitalize<K>]: M[K] extends PlainMethod<infer I, infer O>
    ? (request: PlainInit<I>, options?: TtrpcCallOptions) => Promise<O>
    : never
}

/** Typed calls of a service that is described by hand. */
export function createPlainClient<M extends PlainMethods>(
  { typeName, methods }: PlainService<M>,
  connection: TtrpcConnection,
  defaults: TtrpcCallOptions = {},
): PlainClient<M> {
  const calls: Record<string, Untyped> = {}
  for (const [name, { input, output }] of Object.entries(methods)) {
    const method: Method = { service: typeName, name, kind: 'unary', input, output }
    calls[localName(name)] = (request, options) => unary(connection, method, request, { ...defaults, ...options })
  }
  return calls as unknown as PlainClient<M>
}

function callerOf(connection: TtrpcConnection, method: Method): (input: unknown, options: TtrpcCallOptions) => unknown {
  switch (method.kind) {
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
  method: Method,
  input: unknown,
  options: TtrpcCallOptions,
): Promise<unknown> {
  using call = new ClientCall(connection, method, method.input.encode(input), options)
  return await reply(call, method)
}

async function* serverStream(
  connection: TtrpcConnection,
  method: Method,
  input: unknown,
  options: TtrpcCallOptions,
): AsyncGenerator<unknown, void> {
  using call = new ClientCall(connection, method, method.input.encode(input), options)
  yield* messages(call)
}

async function clientStream(
  connection: TtrpcConnection,
  method: Method,
  inputs: AsyncIterable<unknown>,
  options: TtrpcCallOptions,
): Promise<unknown> {
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
  method: Method,
  inputs: AsyncIterable<unknown>,
  options: TtrpcCallOptions,
): AsyncGenerator<unknown, void> {
  using call = new ClientCall(connection, method, new Uint8Array(0), options)
  const sending = feed(call, inputs)
  try {
    yield* messages(call)
  } catch (error) {
    throw sending.failure ?? error
  }
}

async function* messages(call: ClientCall): AsyncGenerator<unknown, void> {
  for (let message = await call.receive(); message !== undefined; message = await call.receive()) yield message
}

async function reply(call: ClientCall, method: Method): Promise<unknown> {
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
