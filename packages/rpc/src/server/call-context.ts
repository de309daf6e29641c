// SPDX-License-Identifier: Apache-2.0
import type { DescMethod } from '@bufbuild/protobuf'
import type { HandlerContext } from '@connectrpc/connect'
import type { IncomingHttpHeaders } from 'node:http2'
import { createContextValues } from '../context-values.ts'
import { toHeaders } from '../wire/metadata.ts'

/** A handler's context whose headers are made when they are first looked at. */
export interface LeanContext extends HandlerContext {
  /** Response metadata if the handler or an interceptor touched it. */
  readonly setHeader: Headers | undefined
  readonly setTrailer: Headers | undefined
}

// Own getters, not a class: interceptors and Connect itself copy contexts with a spread.
export function createLeanContext(
  method: DescMethod,
  path: string,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
  deadline: number | undefined,
): LeanContext {
  let values: HandlerContext['values'] | undefined
  let requestHeader: Headers | undefined
  let responseHeader: Headers | undefined
  let responseTrailer: Headers | undefined
  return {
    service: method.parent,
    method,
    signal,
    requestMethod: 'POST',
    protocolName: 'grpc',
    url: `http://localhost${path}`,
    timeoutMs: () => (deadline === undefined ? undefined : deadline - Date.now()),
    get values() {
      return (values ??= createContextValues())
    },
    get requestHeader() {
      return (requestHeader ??= toHeaders(headers))
    },
    get responseHeader() {
      return (responseHeader ??= new Headers())
    },
    get responseTrailer() {
      return (responseTrailer ??= new Headers())
    },
    get setHeader() {
      return responseHeader
    },
    get setTrailer() {
      return responseTrailer
    },
  }
}
