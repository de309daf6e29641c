// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Health, HealthCheckResponse_ServingStatus as Serving } from '@containerd-ts/api/grpc/health/v1/health_pb'
import { ServerReflection } from '@containerd-ts/api/grpc/reflection/v1/reflection_pb'
import { ServerReflection as ServerReflectionAlpha } from '@containerd-ts/api/grpc/reflection/v1alpha/reflection_pb'
import { Events } from '@containerd-ts/api/services/events/v1/events_pb'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { createClient, createUnixTransport } from '../src/index.ts'
import { createRpcServer, HealthService, registerReflection } from '../src/server.ts'

async function world() {
  const stack = new AsyncDisposableStack()
  const root = stack.use(await tempRoot())
  const health = new HealthService()
  const server = stack.use(
    createRpcServer({
      routes(router) {
        router.service(Events, {})
        health.register(router)
        registerReflection(router, () => [Events, Health])
      },
    }),
  )
  await server.listenUnix({ path: root.join('s.sock') })
  const transport = stack.use(createUnixTransport({ address: root.join('s.sock') }))
  return { health, transport, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('health', () => {
  it('serves from the start and knows nothing else', async () => {
    await using w = await world()
    const client = createClient(Health, w.transport)
    expect((await client.check({})).status).toBe(Serving.SERVING)
    expect(codeOf(await client.check({ service: 'x' }).catch((error: unknown) => error))).toBe(Code.NotFound)
    expect(Object.keys((await client.list({})).statuses)).toEqual([''])
  })

  it('tells watchers of every change', async () => {
    await using w = await world()
    const seen: Serving[] = []
    for await (const { status } of createClient(Health, w.transport).watch({ service: 's' })) {
      seen.push(status)
      if (seen.length === 3) break
      w.health.set('s', seen.length === 1)
    }
    expect(seen).toEqual([Serving.SERVICE_UNKNOWN, Serving.SERVING, Serving.NOT_SERVING])
  })
})

describe.each([
  ['v1', ServerReflection],
  ['v1alpha', ServerReflectionAlpha as unknown as typeof ServerReflection],
])('reflection %s', (_, service) => {
  it('lists services and hands out files with all they import', async () => {
    await using w = await world()
    const requests = [
      { messageRequest: { case: 'listServices' as const, value: '' } },
      {
        messageRequest: {
          case: 'fileContainingSymbol' as const,
          value: 'containerd.services.events.v1.Events.Subscribe',
        },
      },
      { messageRequest: { case: 'fileByFilename' as const, value: 'types/event.proto' } },
      { messageRequest: { case: 'fileContainingSymbol' as const, value: 'no.Such' } },
    ]
    const names: unknown[] = []
    const responses = createClient(service, w.transport).serverReflectionInfo(
      (async function* () {
        yield* requests
      })(),
    )
    for await (const { messageResponse } of responses) {
      if (messageResponse.case === 'listServicesResponse')
        names.push(messageResponse.value.service.map(({ name }) => name))
      if (messageResponse.case === 'fileDescriptorResponse') {
        names.push(
          messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name),
        )
      }
      if (messageResponse.case === 'errorResponse') names.push(messageResponse.value.errorCode)
    }
    expect(names[0]).toEqual(['containerd.services.events.v1.Events', 'grpc.health.v1.Health'])
    expect(names[1]).toContain('services/events/v1/events.proto')
    expect(names[1]).toContain('google/protobuf/any.proto')
    expect(names[2]).toEqual(expect.arrayContaining(['types/event.proto', 'google/protobuf/timestamp.proto']))
    expect(names[3]).toBe(Code.NotFound)
  })
})
