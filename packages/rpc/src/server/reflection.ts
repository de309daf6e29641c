// SPDX-License-Identifier: Apache-2.0
import { toBinary } from '@bufbuild/protobuf'
import type { DescFile, DescMessage, DescService, MessageInitShape } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import { ServerReflection } from '@containerd-ts/api/grpc/reflection/v1/reflection_pb'
import type {
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from '@containerd-ts/api/grpc/reflection/v1/reflection_pb'
import { ServerReflection as ServerReflectionAlpha } from '@containerd-ts/api/grpc/reflection/v1alpha/reflection_pb'
import { Code } from '@containerd-ts/errdefs'
import type { RpcRouter } from './routes.ts'

type Answer = Exclude<
  NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>,
  { $typeName: string }
>

type AlphaInfo = ServiceImpl<typeof ServerReflectionAlpha>['serverReflectionInfo']

/**
 * Serves gRPC reflection, v1 and v1alpha, for the services that `services` names; asked at every call, so that
 * it may be registered before them.
 */
export function registerReflection(router: RpcRouter, services: () => readonly DescService[]): void {
  const info = async function* (requests: AsyncIterable<Pick<ServerReflectionRequest, 'host' | 'messageRequest'>>) {
    const index = new DescriptorIndex(services())
    for await (const { host, messageRequest } of requests) {
      const originalRequest = { host, messageRequest }
      yield { validHost: host, originalRequest, messageResponse: answer(index, messageRequest) }
    }
  }
  router.service(ServerReflection, { serverReflectionInfo: info })
  // The two versions differ in nothing but their package, and no message of one passes into the other here.
  router.service(ServerReflectionAlpha, { serverReflectionInfo: info as unknown as AlphaInfo })
}

function answer(index: DescriptorIndex, request: ServerReflectionRequest['messageRequest']): Answer {
  switch (request.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: index.serviceNames.map((name) => ({ name })) } }
    case 'fileByFilename':
      return files(index.fileByName(request.value), request.value)
    case 'fileContainingSymbol':
      return files(index.fileBySymbol(request.value), request.value)
    case 'fileContainingExtension':
      return missing(`extension ${request.value.extensionNumber} of ${request.value.containingType}`) // we define none
    case 'allExtensionNumbersOfType': {
      if (index.fileBySymbol(request.value) === undefined) return missing(request.value)
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: request.value, extensionNumber: [] } }
    }
    default:
      return {
        case: 'errorResponse',
        value: { errorCode: Code.InvalidArgument, errorMessage: 'empty reflection request' },
      }
  }
}

const missing = (name: string): Answer => ({
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: `${name}: not found` },
})

function files(file: DescFile | undefined, name: string): Answer {
  if (file === undefined) return missing(name)
  const all = withDependencies(file, new Set())
  const fileDescriptorProto = [...all].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function withDependencies(file: DescFile, seen: Set<DescFile>): Set<DescFile> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const dependency of file.dependencies) withDependencies(dependency, seen)
  return seen
}

/** Files by their names, and by every symbol in them. */
class DescriptorIndex {
  readonly serviceNames: readonly string[]
  readonly #files = new Map<string, DescFile>()
  readonly #symbols = new Map<string, DescFile>()

  constructor(services: readonly DescService[]) {
    this.serviceNames = services.map((service) => service.typeName).sort()
    const reachable = new Set<DescFile>()
    for (const service of services) withDependencies(service.file, reachable)
    for (const file of reachable) this.#addFile(file)
  }

  fileByName = (name: string): DescFile | undefined => this.#files.get(name)
  fileBySymbol = (name: string): DescFile | undefined => this.#symbols.get(name)

  #addFile(file: DescFile): void {
    this.#files.set(file.proto.name, file)
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file)
      for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file)
    }
    for (const desc of file.enums) this.#symbols.set(desc.typeName, file)
    for (const message of file.messages) this.#addMessage(message, file)
  }

  #addMessage(message: DescMessage, file: DescFile): void {
    this.#symbols.set(message.typeName, file)
    for (const field of message.fields) this.#symbols.set(`${message.typeName}.${field.name}`, file)
    for (const desc of message.nestedEnums) this.#symbols.set(desc.typeName, file)
    for (const nested of message.nestedMessages) this.#addMessage(nested, file)
  }
}
