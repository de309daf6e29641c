// SPDX-License-Identifier: Apache-2.0
import type { DescMethod } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import { Code } from '@containerd-ts/errdefs'
import { toRpcStatus } from '../errors.ts'

/** What call is observed. */
export interface ObservedCall {
  readonly service: string
  readonly method: string
  readonly type: DescMethod['methodKind']
}

/** Receives what metrics count. Its methods must not throw. */
export interface RpcObserver {
  started?(call: ObservedCall): void
  received?(call: ObservedCall): void
  sent?(call: ObservedCall): void
  handled?(call: ObservedCall, code: Code, durationMs: number): void
}

/** Reports every call, on all protocols alike. Calls of unknown methods are not seen. */
export function observeCalls(observer: RpcObserver): Interceptor {
  return (next) => async (request) => {
    const call: ObservedCall = {
      service: request.method.parent.typeName,
      method: request.method.name,
      type: request.method.methodKind,
    }
    const begin = performance.now()
    const handled = (code: Code): void => observer.handled?.(call, code, performance.now() - begin)
    observer.started?.(call)
    if (!request.stream) observer.received?.(call)
    try {
      const response = await next(
        request.stream ? { ...request, message: each(request.message, () => observer.received?.(call)) } : request,
      )
      if (response.stream) {
        return { ...response, message: each(response.message, () => observer.sent?.(call), handled) }
      }
      observer.sent?.(call)
      handled(Code.Ok)
      return response
    } catch (error) {
      handled(toRpcStatus(error).code)
      throw error
    }
  }
}

async function* each<T>(source: AsyncIterable<T>, seen: () => void, ended?: (code: Code) => void): AsyncGenerator<T> {
  let code: Code = Code.Canceled // unless it ends by itself the reader has left
  try {
    for await (const item of source) {
      seen()
      yield item
    }
    code = Code.Ok
  } catch (error) {
    code = toRpcStatus(error).code
    throw error
  } finally {
    ended?.(code)
  }
}
