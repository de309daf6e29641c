// SPDX-License-Identifier: Apache-2.0
import { definePlugin, SkipPluginError } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { registry } from '../metrics/registry.ts'
import { createHttpServer } from './http.ts'
import { splitHostPort } from './host-port.ts'
import { Servers } from '../slots.ts'
import type { Server } from '../slots.ts'

/** Prometheus text on `/v1/metrics` over TCP, where an address is configured. */
export const metricsServerPlugin: AnyPlugin = definePlugin({
  slot: Servers,
  id: 'metrics',
  defaults: { address: '' },
  init({ config, logger }): Server {
    if (config.address === '') throw new SkipPluginError('no address configured')
    const { host, port } = splitHostPort(config.address)
    const http = createHttpServer((request, response) => {
      if (request.url?.split('?')[0] !== '/v1/metrics') {
        response.writeHead(404).end('404 page not found\n')
        return
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => {
          logger.error('metrics failed', { error })
          response.writeHead(500).end()
        },
      )
    })
    return {
      address: config.address,
      start: () => http.listen({ host, port }),
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})
