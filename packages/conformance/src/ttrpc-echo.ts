// SPDX-License-Identifier: Apache-2.0
import { create, createFileRegistry } from '@bufbuild/protobuf'
import type { GenService } from '@bufbuild/protobuf/codegenv2'
import {
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  type StringValueSchema,
} from '@bufbuild/protobuf/wkt'
import { fromWireStatus } from '@containerd-ts/errdefs'
import type { ServiceImpl } from '@containerd-ts/ttrpc'

type Text = typeof StringValueSchema
type Kind<K extends string> = { readonly methodKind: K; readonly input: Text; readonly output: Text }

/** A service with every kind of method, all of `google.protobuf.StringValue`. */
export type EchoService = GenService<{
  echo: Kind<'unary'>
  fail: Kind<'unary'>
  context: Kind<'unary'>
  expire: Kind<'unary'>
  nil: Kind<'unary'>
  missing: Kind<'unary'>
  repeat: Kind<'server_streaming'>
  concat: Kind<'client_streaming'>
  chat: Kind<'bidi_streaming'>
  sleep: Kind<'bidi_streaming'>
}>

const TYPE = '.google.protobuf.StringValue'
const method = (name: string, clientStreaming = false, serverStreaming = false) =>
  create(MethodDescriptorProtoSchema, { name, inputType: TYPE, outputType: TYPE, clientStreaming, serverStreaming })

function defineEcho(): EchoService {
  const file = create(FileDescriptorProtoSchema, {
    name: 'conformance/echo.proto',
    package: 'conformance.v1',
    syntax: 'proto3',
    dependency: ['google/protobuf/wrappers.proto'],
    service: [
      create(ServiceDescriptorProtoSchema, {
        name: 'Echo',
        method: [
          ...['Echo', 'Fail', 'Context', 'Expire', 'Nil', 'Missing'].map((name) => method(name)),
          method('Repeat', false, true),
          method('Concat', true),
          method('Chat', true, true),
          method('Sleep', true, true),
        ],
      }),
    ],
  })
  const service = createFileRegistry(file, () => file_google_protobuf_wrappers).getService('conformance.v1.Echo')
  if (service === undefined) throw new Error('conformance.v1.Echo is not in its own file')
  return service as unknown as EchoService
}

/** Descriptor of the service that a server under test must serve. */
export const echoService = defineEcho()

/** Handlers of the service; deterministic, so that one suite fits every server. */
export const echoHandlers: ServiceImpl<EchoService> = {
  echo: (request) => ({ value: request.value }),
  /** `CODE TEXT`: fails with that status. */
  fail: (request) => {
    const [code = '', ...text] = request.value.split(' ')
    throw fromWireStatus(Number(code), text.join(' '))
  },
  /** Answers the metadata as JSON. */
  context: (_request, call) => ({ value: JSON.stringify([...call.metadata]) }),
  /** Waits for the deadline, answers with its reason's name. */
  expire: async (_request, { signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return { value: (signal.reason as Error).name }
  },
  nil: () => undefined as never,
  /** `N TEXT`: the text N times; `N !CODE` fails after N empty messages. */
  async *repeat(request) {
    const [count = '0', text = ''] = request.value.split(' ')
    for (let i = 0; i < Number(count); i++) yield { value: text.startsWith('!') ? '' : text }
    if (text.startsWith('!')) throw fromWireStatus(Number(text.slice(1)), 'asked for')
  },
  async concat(requests) {
    let value = ''
    for await (const request of requests) value += request.value
    return { value }
  },
  async *chat(requests) {
    for await (const { value } of requests) yield { value: `you said ${value}` }
  },
  /** Reads nothing until its call is cut off. */
  async *sleep(_requests, { signal }) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    yield* []
  },
}
