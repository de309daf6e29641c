// SPDX-License-Identifier: Apache-2.0
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import type { ConnectRouter, MethodImplSpec } from '@connectrpc/connect'
import { UnimplementedError } from '@containerd-ts/errdefs'

/** What services register themselves on: Connect's router, save its list of handlers, which belongs to Connect. */
export type RpcRouter = Pick<ConnectRouter, 'service' | 'rpc'>

export type RegisterRoutes = (router: RpcRouter) => void

/** Registrations, kept so that both the lean path and Connect's adapter serve the same implementations. */
export class Routes {
  readonly services: DescService[] = []
  readonly #specs = new Map<string, MethodImplSpec>()
  readonly #replays: RegisterRoutes[] = []

  constructor(register: RegisterRoutes) {
    const router: RpcRouter = {
      service: (service, implementation, options) => {
        this.#addService(service)
        for (const method of service.methods) {
          const handler: unknown = (implementation as Record<string, unknown>)[method.localName]
          if (typeof handler === 'function') this.#add(method, handler.bind(implementation))
          else this.#add(method, unimplemented(method))
        }
        this.#replays.push((to) => to.service(service, implementation, options))
        return router as ConnectRouter
      },
      rpc: (method, implementation, options) => {
        this.#addService(method.parent)
        this.#add(method, implementation)
        this.#replays.push((to) => to.rpc(method, implementation, options))
        return router as ConnectRouter
      },
    }
    register(router)
  }

  /** The method behind an HTTP path. */
  find(path: string): MethodImplSpec | undefined {
    return this.#specs.get(path)
  }

  /** Registers everything once more, on another router. */
  replay(router: RpcRouter): void {
    for (const replay of this.#replays) replay(router)
  }

  /** @throws {UnimplementedError} saying whether it is the service or the method that is not known */
  notFound(path: string): UnimplementedError {
    const [, service = '', method = ''] = path.split('/')
    const known = this.services.some((candidate) => candidate.typeName === service)
    return new UnimplementedError(
      known ? `unknown method ${method} for service ${service}` : `unknown service ${service}`,
    )
  }

  #addService(service: DescService): void {
    if (!this.services.includes(service)) this.services.push(service)
  }

  #add(method: DescMethod, implementation: unknown): void {
    const spec = { kind: method.methodKind, method, impl: implementation } as MethodImplSpec
    this.#specs.set(`/${method.parent.typeName}/${method.name}`, spec)
  }
}

const unimplemented = (method: DescMethod) => (): never => {
  throw new UnimplementedError(`method ${method.name} of ${method.parent.typeName}`)
}
