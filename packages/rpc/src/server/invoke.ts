// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf'
import type {
  HandlerContext,
  Interceptor,
  MethodImplSpec,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from '@connectrpc/connect'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { applyInterceptors, createEach } from '../interceptors.ts'

type UnarySpec = Extract<MethodImplSpec, { kind: 'unary' }>
type StreamSpec = Exclude<MethodImplSpec, UnarySpec>

/** Calls a unary handler through the interceptors. */
export async function invokeUnary(
  spec: UnarySpec,
  context: HandlerContext,
  input: Message,
  interceptors: readonly Interceptor[],
): Promise<Message> {
  const { method } = spec
  if (interceptors.length === 0) return create(method.output, await spec.impl(input, context))
  const respond = async (request: UnaryRequest | StreamRequest): Promise<UnaryResponse> => ({
    ...responseCommon(spec, context),
    stream: false,
    method,
    message: create(method.output, await spec.impl(request.message as Message, merged(context, request))),
  })
  const request: UnaryRequest = { ...requestCommon(spec, context), stream: false, method, message: input }
  const response = await applyInterceptors(respond, interceptors)(request)
  copyMetadata(response, context)
  return response.message as Message
}

/** Calls any other handler; trailers are complete once the iterable is through. */
export async function* invokeStream(
  spec: StreamSpec,
  context: HandlerContext,
  input: AsyncIterable<Message>,
  interceptors: readonly Interceptor[],
): AsyncGenerator<Message> {
  const { method } = spec
  const respond = async (request: UnaryRequest | StreamRequest): Promise<StreamResponse> => ({
    ...responseCommon(spec, context),
    stream: true,
    method,
    message: await callStreaming(spec, request.message as AsyncIterable<Message>, merged(context, request)),
  })
  const request: StreamRequest = { ...requestCommon(spec, context), stream: true, method, message: input }
  const response = await applyInterceptors(respond, interceptors)(request)
  copyMetadata(response, context)
  yield* response.message as AsyncIterable<Message>
  copyMetadata(response, context)
}

async function callStreaming(
  spec: StreamSpec,
  input: AsyncIterable<Message>,
  context: HandlerContext,
): Promise<AsyncIterable<Message>> {
  const { output } = spec.method
  switch (spec.kind) {
    case 'server_streaming':
      return createEach(output, spec.impl(await single(input), context))
    case 'client_streaming':
      return once(create(output, await spec.impl(input, context)))
    case 'bidi_streaming':
      return createEach(output, spec.impl(input, context))
  }
}

async function* once(message: Message): AsyncGenerator<MessageInitShape<DescMessage> & Message> {
  yield message
}

async function single(input: AsyncIterable<Message>): Promise<Message> {
  let only: Message | undefined
  for await (const message of input) {
    if (only !== undefined) throw new UnimplementedError('protocol error: received extra request message')
    only = message
  }
  if (only === undefined) throw new UnimplementedError('protocol error: missing request message')
  return only
}

const requestCommon = (spec: MethodImplSpec, context: HandlerContext) => ({
  service: spec.method.parent,
  requestMethod: context.requestMethod,
  url: context.url,
  signal: context.signal,
  header: context.requestHeader,
  contextValues: context.values,
})

const responseCommon = (spec: MethodImplSpec, context: HandlerContext) => ({
  service: spec.method.parent,
  header: context.responseHeader,
  trailer: context.responseTrailer,
})

/** What interceptors changed reaches the handler. */
function merged(context: HandlerContext, request: UnaryRequest | StreamRequest): HandlerContext {
  const same =
    request.header === context.requestHeader &&
    request.signal === context.signal &&
    request.contextValues === context.values
  if (same) return context
  return { ...context, requestHeader: request.header, signal: request.signal, values: request.contextValues }
}

function copyMetadata(response: UnaryResponse | StreamResponse, context: HandlerContext): void {
  replace(context.responseHeader, response.header)
  replace(context.responseTrailer, response.trailer)
}

function replace(target: Headers, source: Headers): void {
  if (target === source) return
  const stale = Array.from(target.keys()) // a live iterator would skip entries
  for (const name of stale) target.delete(name)
  for (const [name, value] of source) target.append(name, value)
}
