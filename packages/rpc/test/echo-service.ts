// SPDX-License-Identifier: Apache-2.0
import { create, createFileRegistry } from '@bufbuild/protobuf'
import type { GenService } from '@bufbuild/protobuf/codegenv2'
import { file_google_protobuf_wrappers, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { StringValueSchema } from '@bufbuild/protobuf/wkt'

type Kind = 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming'
interface Method<K extends Kind> {
  methodKind: K
  input: typeof StringValueSchema
  output: typeof StringValueSchema
}
type EchoService = GenService<{
  unary: Method<'unary'>
  server: Method<'server_streaming'>
  client: Method<'client_streaming'>
  bidi: Method<'bidi_streaming'>
}>

const text = '.google.protobuf.StringValue'
const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
  name,
  inputType: text,
  outputType: text,
  clientStreaming,
  serverStreaming,
})

const file = create(FileDescriptorProtoSchema, {
  name: 'test/echo.proto',
  package: 'test',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Echo',
      method: [
        method('Unary', false, false),
        method('Server', false, true),
        method('Client', true, false),
        method('Bidi', true, true),
      ],
    },
  ],
})

/** A service with every kind of method; no service of the original has a client-streaming one. */
export const Echo = createFileRegistry(file, () => file_google_protobuf_wrappers).getService('test.Echo') as EchoService
