// SPDX-License-Identifier: Apache-2.0
import { Code, codeFromNumber, InternalError, UnavailableError, UnknownError } from '@containerd-ts/errdefs'
import type { CodedError } from '@containerd-ts/errdefs'
import { constants } from 'node:http2'
import type { IncomingHttpHeaders } from 'node:http2'
import { fromRpcStatus } from '../errors.ts'
import { toHeaders } from '../wire/metadata.ts'
import { percentDecode } from '../wire/percent.ts'
import { decodeStatus } from '../wire/status.ts'

/** What trailers say: an error, `ok`, or nothing. */
export function readStatus(trailers: IncomingHttpHeaders): CodedError | 'ok' | undefined {
  const text = trailers['grpc-status']
  if (text === undefined) return undefined
  const number = Number(text)
  if (number === 0) return 'ok'
  if (!Number.isInteger(number)) return new InternalError(`protocol error: grpc-status "${String(text)}"`)
  const bin = trailers['grpc-status-details-bin']
  const rich = bin === undefined ? undefined : decodeStatus(String(bin))
  const code = codeFromNumber(number)
  if (rich !== undefined && rich.code === number) return fromRpcStatus({ ...rich, code }, toHeaders(trailers))
  const message = percentDecode(String(trailers['grpc-message'] ?? ''))
  return fromRpcStatus({ code, message, details: [] }, toHeaders(trailers))
}

/** The error in response headers that are not gRPC's. */
export function readResponse(headers: IncomingHttpHeaders): CodedError | undefined {
  const http = Number(headers[':status'])
  const type = headers['content-type'] ?? ''
  if (http === 200 && /^application\/grpc(?:[+;]|$)/.test(type)) return undefined
  const message = http === 200 ? `protocol error: content-type "${type}"` : `http status ${http}`
  if (http === 200) return new UnknownError(message)
  return fromRpcStatus({ code: codeByHttpStatus.get(http) ?? Code.Unknown, message, details: [] })
}

const codeByHttpStatus = new Map<number, Code>([
  [400, Code.Internal],
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.Unimplemented],
  [429, Code.Unavailable],
  [502, Code.Unavailable],
  [503, Code.Unavailable],
  [504, Code.Unavailable],
])

/** The error of a stream that ended without a status. */
export function readReset(rstCode: number | undefined, connectionLost: boolean, cause: unknown): CodedError {
  const options = cause === undefined ? undefined : { cause }
  if (connectionLost) return new UnavailableError('connection to the server was lost', options)
  const code = codeByReset.get(rstCode ?? 0)
  if (code === undefined)
    return new InternalError(`stream ended without a status (reset code ${rstCode ?? 0})`, options)
  return fromRpcStatus({ code, message: `stream was reset (code ${rstCode ?? 0})`, details: [] })
}

const codeByReset = new Map<number, Code>([
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_CANCEL, Code.Canceled],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [constants.NGHTTP2_INADEQUATE_SECURITY, Code.PermissionDenied],
])
