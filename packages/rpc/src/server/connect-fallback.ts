// SPDX-License-Identifier: Apache-2.0
import type { Interceptor, StreamResponse, UnaryResponse } from '@connectrpc/connect'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { isConnectError, logFailure, toRpcStatus } from '../errors.ts'
import type { GrpcCallSettings } from './grpc-call.ts'
import type { Routes } from './routes.ts'

export type RequestHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void

/**
 * Serves Connect, gRPC-Web and JSON (and gRPC, as the lean path's oracle) through Connect's own adapter, which
 * is loaded with the first such request: most daemons never see one.
 */
export function connectFallback(
  routes: Routes,
  settings: GrpcCallSettings,
  shutdownSignal: AbortSignal,
): RequestHandler {
  let loading: Promise<RequestHandler> | undefined
  return (request, response) => {
    loading ??= load(routes, settings, shutdownSignal)
    loading.then(
      (handler) => handler(request, response),
      (error: unknown) => {
        settings.logger.error('connect adapter cannot be loaded', { error })
        response.statusCode = 500
        response.end()
      },
    )
  }
}

async function load(routes: Routes, settings: GrpcCallSettings, shutdownSignal: AbortSignal): Promise<RequestHandler> {
  const [{ connectNodeAdapter }, { ConnectError }] = await Promise.all([
    import('@connectrpc/connect-node'),
    import('@connectrpc/connect'),
  ])
  const toConnectError = (error: unknown): Error => {
    if (isConnectError(error)) return error
    logFailure(settings.logger, error, {})
    const { code, message, details } = toRpcStatus(error)
    const converted = new ConnectError(message, code as number, undefined, undefined, error)
    converted.details = details.map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
      value,
    }))
    return converted
  }
  return connectNodeAdapter({
    routes: (router) => routes.replay(router),
    interceptors: [mapErrors(toConnectError), ...settings.interceptors],
    readMaxBytes: settings.maxReceiveBytes,
    writeMaxBytes: settings.maxSendBytes,
    shutdownSignal,
  })
}

/** Domain errors become Connect's, wherever they surface: in the answer or in the middle of a stream. */
function mapErrors(map: (error: unknown) => Error): Interceptor {
  return (next) => async (request) => {
    let response: UnaryResponse | StreamResponse
    try {
      response = await next(request)
    } catch (error) {
      throw map(error)
    }
    if (!response.stream) return response
    return { ...response, message: mapIterable(response.message, map) }
  }
}

async function* mapIterable<T>(source: AsyncIterable<T>, map: (error: unknown) => Error): AsyncGenerator<T> {
  try {
    yield* source
  } catch (error) {
    throw map(error)
  }
}
