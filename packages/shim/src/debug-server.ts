// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ListenTarget } from '@containerd-ts/ttrpc'

/** Tells over HTTP what the process holds: `GET /debug/vars`. It never keeps the process alive. */
export class DebugServer {
  readonly #server = createServer((request, response) => {
    if (request.url !== '/debug/vars') {
      response.writeHead(404).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ pid: process.pid, uptimeSeconds: process.uptime(), memory: process.memoryUsage() }))
  })

  async listen(target: ListenTarget): Promise<void> {
    this.#server.listen(target)
    await once(this.#server, 'listening')
    this.#server.unref()
  }
}
