// SPDX-License-Identifier: Apache-2.0
import {
  InvalidArgumentError,
  NotFoundError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnauthenticatedError,
  UnavailableError,
  UnknownError,
} from '@containerd-ts/errdefs'
import type { CodedError } from '@containerd-ts/errdefs'
import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from './http-client.ts'

/** One entry of a registry's error document. */
export interface RegistryErrorEntry {
  readonly code: string
  readonly message: string
  readonly detail?: unknown
}

/** What a registry answered; the cause of the coded errors made here. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError'
  readonly status: number
  readonly method: string
  /** Without credentials. */
  readonly url: string
  readonly errors: readonly RegistryErrorEntry[]
  /** At most 64 KiB. */
  readonly body: string

  constructor(response: HttpResponse, body: string) {
    const errors = parseRegistryErrors(body)
    const url = redactUrl(response.url)
    super(
      `unexpected status from ${response.method} request to ${url}: ${statusText(response.status)}${detailText(errors)}`,
    )
    this.status = response.status
    this.method = response.method
    this.url = url
    this.errors = errors
    this.body = body
  }
}

const bodyLimitBytes = 64 * 1024

/** Reads the error document and turns the answer into a coded error. */
export async function statusError(response: HttpResponse): Promise<CodedError> {
  const body = response.method === 'HEAD' ? '' : await readBody(response)
  return codedStatus(new HttpStatusError(response, body))
}

async function readBody(response: HttpResponse): Promise<string> {
  try {
    return Buffer.from(await response.head(bodyLimitBytes)).toString('utf8')
  } catch {
    return ''
  }
}

/** The coded error for a status: the caller acts on the code, the text is the registry's. */
function codedStatus(cause: HttpStatusError): CodedError {
  const { status, message } = cause
  if (status === 401) return new UnauthenticatedError(message, { cause })
  if (status === 403) return new PermissionDeniedError(message, { cause })
  if (status === 404) return new NotFoundError(message, { cause })
  if (status === 400 || status === 416) return new InvalidArgumentError(message, { cause })
  if (status === 429) return new ResourceExhaustedError(message, { cause })
  if (status === 408 || status >= 500) return new UnavailableError(message, { cause })
  return new UnknownError(message, { cause })
}

/** The HTTP status inside an error, looking through causes. */
export function httpStatusOf(error: unknown): number | undefined {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 32; depth++) {
    if (e.name === 'HttpStatusError') return (e as HttpStatusError).status
    e = e.cause
  }
  return undefined
}

/** `404 Not Found` */
const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()

/** A URL fit for messages: no user, and no query values save the namespace. */
export function redactUrl(url: URL): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  for (const key of new Set(shown.searchParams.keys())) {
    if (key !== 'ns') shown.searchParams.set(key, 'redacted')
  }
  return shown.href
}

/** Entries of an error document as the distribution specification has it; none when it is something else. */
export function parseRegistryErrors(body: string): readonly RegistryErrorEntry[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return []
  }
  const list = (value as { errors?: unknown } | null)?.errors
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const { code, message, detail } = item as Record<string, unknown>
    return [
      {
        code: typeof code === 'string' ? code : 'UNKNOWN',
        message: typeof message === 'string' ? message : '',
        detail,
      },
    ]
  })
}

function detailText(errors: readonly RegistryErrorEntry[]): string {
  if (errors.length === 0) return ''
  const lines = errors.map(({ code, message }) => {
    const name = code.toLowerCase().replaceAll('_', ' ')
    return message === '' ? name : `${name}: ${message}`
  })
  // A registry's text is printed on terminals: keep control characters out.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return `: ${lines.join(', ').replaceAll(/[\u0000-\u001F\u007F]/g, ' ')}`
}

/** Whether another attempt on the same host may help: the connection broke or timed out. */
export function isTransientTransport(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; typeof e === 'object' && e !== null && depth < 32; depth++) {
    const { code, cause } = e as { code?: unknown; cause?: unknown }
    if (typeof code === 'string' && transientCodes.has(code)) return true
    e = cause
  }
  return false
}

const transientCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
])
