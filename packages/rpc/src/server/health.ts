// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { Health, HealthCheckResponse_ServingStatus as Serving } from '@containerd-ts/api/grpc/health/v1/health_pb'
import type { HealthCheckRequest, HealthCheckResponseSchema } from '@containerd-ts/api/grpc/health/v1/health_pb'
import { NotFoundError } from '@containerd-ts/errdefs'
import type { RpcRouter } from './routes.ts'

/** Serves `grpc.health.v1.Health`. The server as a whole, service `''`, is serving from the start. */
export class HealthService {
  readonly #statuses = new Map<string, Serving>([['', Serving.SERVING]])
  readonly #watchers = new Set<() => void>()

  /** Sets a service's status, and tells those who watch. */
  set(service: string, serving: boolean): void {
    this.#statuses.set(service, serving ? Serving.SERVING : Serving.NOT_SERVING)
    for (const wake of this.#watchers) wake()
  }

  register(router: RpcRouter): void {
    const implementation: ServiceImpl<typeof Health> = {
      check: ({ service }) => {
        const status = this.#statuses.get(service)
        if (status === undefined) throw new NotFoundError('unknown service')
        return { status }
      },
      list: () => ({
        statuses: Object.fromEntries(
          [...this.#statuses].map(([name, status]) => [
            name,
            { $typeName: 'grpc.health.v1.HealthCheckResponse' as const, status },
          ]),
        ),
      }),
      watch: (request, context) => this.#watch(request, context),
    }
    router.service(Health, implementation)
  }

  async *#watch(
    { service }: HealthCheckRequest,
    { signal }: HandlerContext,
  ): AsyncGenerator<MessageInitShape<typeof HealthCheckResponseSchema>> {
    let told: Serving | undefined
    for (;;) {
      signal.throwIfAborted()
      const status = this.#statuses.get(service) ?? Serving.SERVICE_UNKNOWN
      if (status !== told) yield { status: (told = status) }
      else await this.#change(signal)
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = (): void => {
      this.#watchers.delete(wake)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    this.#watchers.add(wake)
    signal.addEventListener('abort', wake)
    return promise
  }
}
