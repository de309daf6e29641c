// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { ListenOptions } from 'node:net'

/** Plain HTTP that can be taken down whatever its clients do. */
export interface HttpServer extends AsyncDisposable {
  listen(where: ListenOptions): Promise<void>
}

export function createHttpServer(handler: RequestListener): HttpServer {
  const http = createServer(handler)
  return {
    async listen(where) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      http.once('error', reject)
      http.listen(where, resolve)
      await promise
      http.off('error', reject)
    },
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      http.close(() => resolve())
      http.closeAllConnections()
      await promise
    },
  }
}
