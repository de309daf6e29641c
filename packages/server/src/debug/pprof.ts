// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { definePlugin } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { HttpHandlers } from '../slots.ts'
import { profiles } from './profiles.ts'
import type { Profile } from './profiles.ts'

const prefix = '/debug/pprof/'

/** `/debug/vars` and `/debug/pprof/…`, for whoever looks into a running daemon. */
export const pprofPlugin: AnyPlugin = definePlugin({
  slot: HttpHandlers,
  id: 'pprof',
  init:
    ({ logger }) =>
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        logger.debug('debug request failed', { url: request.url, error })
        if (response.headersSent) response.destroy()
        else send(response, 500, 'failed\n')
      })
    },
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  if (pathname === '/debug/vars') return send(response, 200, JSON.stringify(variables()), 'application/json')
  if (pathname === prefix) return send(response, 200, index())
  const name = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : ''
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile === undefined) return send(response, 404, name === '' ? '404 page not found\n' : 'Unknown profile\n')
  await sendProfile(profile, Number(searchParams.get('seconds')), response)
}

async function sendProfile(profile: Profile, seconds: number, response: ServerResponse): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const result = await profile.take({ seconds: seconds > 0 ? seconds : undefined, signal: left.signal })
  if (typeof result === 'string') return send(response, 200, result, profile.contentType)
  response.writeHead(200, { 'content-type': profile.contentType })
  await pipeline(result, response)
}

const index = (): string =>
  Object.entries(profiles)
    .map(([name, { summary }]) => `${prefix}${name}: ${summary}\n`)
    .join('')

/** What a look at the process costs nothing. */
const variables = (): object => ({
  cmdline: process.argv,
  pid: process.pid,
  versions: process.versions,
  uptimeSeconds: process.uptime(),
  memory: process.memoryUsage(),
  resources: process.resourceUsage(),
  activeResources: process.getActiveResourcesInfo().length,
})

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}
