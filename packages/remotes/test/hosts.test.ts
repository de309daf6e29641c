// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttp, request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { ServerOptions } from 'node:https'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { digestBytes, MediaType } from '@containerd-ts/oci'
import { hasBinary, mustRun, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { createResolver } from '../src/index.ts'
import type { ResolverOptions } from '../src/index.ts'

interface Listening extends AsyncDisposable {
  readonly port: number
  readonly requests: IncomingMessage[]
}

async function listen(server: Server, requests: IncomingMessage[] = []): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const manifest: RequestListener = (_request, response) =>
  response
    .writeHead(200, {
      'content-type': MediaType.ociManifest,
      'docker-content-digest': digestBytes('m'),
      'content-length': '1',
    })
    .end()

function registry(tls?: ServerOptions, handler: RequestListener = manifest): Promise<Listening> {
  const requests: IncomingMessage[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(request)
    handler(request, response)
  }
  return listen(tls === undefined ? createHttp(listener) : createHttps(tls, listener), requests)
}

const resolve = async (ref: string, options: Partial<ResolverOptions> = {}) => {
  await using resolver = createResolver({ userAgent: 'containerd/9', ...options })
  return await resolver.resolve(ref)
}

async function hostsToml(root: TempRoot, host: string, text: string): Promise<readonly string[]> {
  await mkdir(root.join(host), { recursive: true })
  await writeFile(root.join(host, 'hosts.toml'), text)
  return [root.path]
}

async function certificate(root: TempRoot, name: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [root.join(`${name}.pem`), root.join(`${name}-key.pem`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  await mustRun('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ])
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
}

describe('default hosts', () => {
  it('speaks plain HTTP to a loopback registry that speaks no TLS', async () => {
    await using server = await registry()
    await resolve(`127.0.0.1:${server.port}/a/b:c`)
    await resolve(`localhost:${server.port}/a/b:c`)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[0]?.url).toBe('/v2/a/b/manifests/c')
  })

  it.skipIf(!hasBinary('openssl').open)('speaks TLS to one that does, without asking who it is', async () => {
    await using root = await tempRoot()
    await using server = await registry(await certificate(root, 'localhost'))
    await resolve(`localhost:${server.port}/a/b:c`)
    expect(server.requests).toHaveLength(1)
  })

  it('falls back after a server that swallows the TLS hello and hangs up', async () => {
    const server = await registry()
    await using open = server
    await resolve(`127.0.0.1:${open.port}/a/b:c`, { tls: { skipVerify: true } })
    expect(open.requests).toHaveLength(1)
  })
})

describe('hosts.toml', () => {
  it('asks mirrors in the order of the file, then the server, and tells them the namespace', async () => {
    await using root = await tempRoot()
    const missing: RequestListener = (_request, response) => response.writeHead(404).end()
    await using first = await registry(undefined, missing)
    await using second = await registry()
    await using pushOnly = await registry()
    const configDirs = await hostsToml(
      root,
      'example.com',
      `server = "http://127.0.0.1:1"
[host."http://127.0.0.1:${pushOnly.port}"]
capabilities = ["push"]
[host."http://127.0.0.1:${first.port}/mirror"]
capabilities = ["Pull", "resolve"]
[host."http://127.0.0.1:${second.port}/all/of/it"]
override_path = true
header = { "x-one" = "1", "x-two" = ["2", "3"] }
`,
    )
    await resolve('example.com/a/b:c', { configDirs })
    expect(pushOnly.requests).toHaveLength(0)
    expect(first.requests.map(({ url }) => url)).toEqual(['/mirror/v2/a/b/manifests/c?ns=example.com'])
    expect(second.requests.map(({ url }) => url)).toEqual(['/all/of/it/a/b/manifests/c?ns=example.com'])
    expect(second.requests[0]?.headers).toMatchObject({ 'x-one': '1', 'x-two': '2, 3', 'user-agent': 'containerd/9' })
  })

  it('is found by host and port, or as the default of all', async () => {
    await using root = await tempRoot()
    await using server = await registry()
    const text = `[host."http://127.0.0.1:${server.port}"]`
    await hostsToml(root, '_default', text)
    await resolve('anything.example/a/b:c', { configDirs: [root.path] })
    await hostsToml(root, 'x.example_5000_', text)
    await resolve('x.example:5000/a/b:c', { configDirs: [root.path] })
    expect(server.requests.map(({ url }) => url?.split('?')[1])).toEqual(['ns=anything.example', 'ns=x.example%3A5000'])
  })

  it.skipIf(!hasBinary('openssl').open)('brings authorities and client certificates, or waives both', async () => {
    await using root = await tempRoot()
    const own = await certificate(root, 'localhost')
    await certificate(root, 'client')
    const ca = await readFile(root.join('client.pem'), 'utf8')
    await using server = await registry({ ...own, requestCert: true, rejectUnauthorized: true, ca })
    const host = `localhost:${server.port}`
    const url = `[host."https://${host}"]\n`
    const pair = `client = [["../client.pem", "../client-key.pem"]]\n`
    const configDirs = await hostsToml(root, 'r.example', `${url}ca = "../localhost.pem"\n${pair}`)
    await resolve('r.example/a/b:c', { configDirs })
    await hostsToml(root, 'r.example', `${url}skip_verify = true\n${pair}`)
    await resolve('r.example/a/b:c', { configDirs })
    expect(server.requests).toHaveLength(2)
    await hostsToml(root, 'r.example', `server = "https://${host}"\n${url}${pair}`)
    const untrusted = await resolve('r.example/a/b:c', { configDirs }).catch((e: unknown) => e)
    expect(codeOf(untrusted)).toBe(Code.Unavailable)
    await hostsToml(root, 'r.example', `server = "https://${host}"\n${url}ca = "gone.pem"`)
    await expect(resolve('r.example/a/b:c', { configDirs })).rejects.toMatchObject({ code: Code.InvalidArgument })
  })
})

describe('proxy', () => {
  it('takes the way the environment names, save for loopback', async () => {
    await using server = await registry()
    const seen: string[] = []
    await using proxy = await listen(
      createHttp((request, response) => {
        seen.push(request.url ?? '')
        const target = new URL(request.url ?? '')
        const options = { port: server.port, host: '127.0.0.1', path: target.pathname, method: request.method }
        httpRequest(options, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))).end()
      }),
    )
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`
    try {
      await resolve('registry.example:5000/a/b:c', { defaultScheme: 'http' })
      await resolve(`127.0.0.1:${server.port}/a/b:c`, { defaultScheme: 'http' })
    } finally {
      delete process.env['http_proxy']
    }
    expect(seen).toEqual(['http://registry.example:5000/v2/a/b/manifests/c'])
    expect(server.requests).toHaveLength(2)
  })
})
