// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { readBlob, type Descriptor, type ImageLayout } from './image-layout.ts'
import { startProcess } from './managed-process.ts'
import { goPeers } from './peers.ts'
import { mustRun } from './run-command.ts'
import { tempRoot } from './temp-root.ts'

export interface RegistryRequest {
  /** Asks every caller for this name and password (HTTP basic). */
  readonly auth?: { readonly user: string; readonly password: string }
}

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, the host of a reference. Plain HTTP. */
  readonly host: string
  /** Storage directory, for tests that damage what is stored. */
  readonly storage: string
  /** Pushes a layout over HTTP and gives the full reference: `127.0.0.1:PORT/library/x:latest`. */
  push(image: ImageLayout, repository: string, tag: string): Promise<string>
  /** A request to the registry's API, with the credentials it wants. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  log(): string
}

/** Starts Debian's docker-registry on a free loopback port, with storage of its own. */
export async function startRegistry({ auth }: RegistryRequest = {}): Promise<Registry> {
  const peers = goPeers()
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-reg-'))
  const [port, storage, htpasswd] = [await freePort(), temp.join('storage'), temp.join('htpasswd')]
  const host = `127.0.0.1:${port}`
  if (auth !== undefined) await writeFile(htpasswd, `${auth.user}:${await bcrypt(auth.password)}\n`)
  const config = {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: host, secret: 'testkit' },
    ...(auth === undefined ? {} : { auth: { htpasswd: { realm: 'testkit', path: htpasswd } } }),
  }
  // JSON is YAML, which is what the registry reads.
  await writeFile(temp.join('config.yml'), JSON.stringify(config))
  const server = undo.use(
    await startProcess({
      program: join(peers.binDir, 'docker-registry'),
      args: ['serve', temp.join('config.yml')],
      env: peers.env,
      logPath: temp.join('log'),
    }),
  )
  const headers = auth && { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
  const call = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, `http://${host}`), {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
    })
  await eventually('docker-registry answers', async () => {
    if (!server.isRunning()) throw new Error(`it ended: ${server.log()}`)
    return (await call('/v2/')).ok
  })
  const owned = undo.move()
  return {
    host,
    storage,
    fetch: call,
    log: () => server.log(),
    async push(image, repository, tag) {
      for (const blob of [...image.layers, image.config]) await pushBlob(call, repository, blob, image.dir)
      await pushManifest(call, repository, tag, image)
      return `${host}/${repository}:${tag}`
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Call = Registry['fetch']

async function pushBlob(call: Call, repository: string, blob: Descriptor, dir: string): Promise<void> {
  const started = await expectOk(await call(`/v2/${repository}/blobs/uploads/`, { method: 'POST' }))
  const location = new URL(started.headers.get('location') ?? '', started.url)
  location.searchParams.set('digest', blob.digest)
  const body = new Uint8Array(await readBlob(dir, blob.digest))
  await expectOk(
    await call(location.href, { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } }),
  )
}

async function pushManifest(
  call: Call,
  repository: string,
  tag: string,
  { manifest, dir }: ImageLayout,
): Promise<void> {
  const body = new Uint8Array(await readBlob(dir, manifest.digest))
  const headers = { 'content-type': manifest.mediaType }
  await expectOk(await call(`/v2/${repository}/manifests/${tag}`, { method: 'PUT', body, headers }))
}

async function expectOk(response: Response): Promise<Response> {
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`)
  return response
}

/** Node has no bcrypt, which is the only kind of hash this registry takes; the C library behind Debian's perl does. */
async function bcrypt(password: string): Promise<string> {
  const script = 'print crypt($ARGV[0], q($2b$05$containerdtestkitsaltu))'
  return (await mustRun('perl', ['-e', script, password])).stdout
}
