// SPDX-License-Identifier: Apache-2.0
import type { DescService } from '@bufbuild/protobuf'
import type { ConnectRouter } from '@connectrpc/connect'
import type { RegisterRoutes, RpcRouter } from '@containerd-ts/rpc/server'

/** The services that registrations add. */
export function servicesOf(registrations: Iterable<RegisterRoutes>): readonly DescService[] {
  const found = new Set<DescService>()
  const router: RpcRouter = {
    service: (service) => {
      found.add(service)
      return router as ConnectRouter
    },
    rpc: (method) => {
      found.add(method.parent)
      return router as ConnectRouter
    },
  }
  for (const register of registrations) register(router)
  return [...found]
}
