// SPDX-License-Identifier: Apache-2.0
// Measures unary calls between two processes: node --conditions=@containerd-ts/source packages/rpc/scripts/latency.ts
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import type { Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, createUnixTransport } from '../src/index.ts'
import { createRpcServer } from '../src/server.ts'

const warmUpCalls = 500
const serialCalls = 2000
const parallelCalls = 5000
const inFlight = 64

const [, , role, path = '', grpc] = process.argv
if (role === 'serve') await serve(path, grpc === 'connect' ? 'connect' : 'lean')
else await measureAll()

async function serve(socket: string, mode: 'lean' | 'connect'): Promise<void> {
  const routes = (router: Parameters<Parameters<typeof createRpcServer>[0]['routes']>[0]) =>
    void router.service(Version, { version: () => ({ version: 'v'.repeat(100), revision: 'r'.repeat(100) }) })
  await createRpcServer({ routes, grpc: mode }).listenUnix({ path: socket })
  process.send?.('ready')
}

async function measureAll(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'rpc-latency-'))
  for (const mode of ['lean', 'connect']) {
    const socket = join(directory, mode)
    const server = fork(import.meta.filename, ['serve', socket, mode])
    await new Promise((resolve) => server.once('message', resolve))
    const ours = createUnixTransport({ address: socket })
    await measure(`${mode} server, our transport`, ours)
    await ours.close()
    const theirs = createGrpcTransport({
      baseUrl: 'http://x',
      nodeOptions: { createConnection: () => connect(socket) },
    })
    await measure(`${mode} server, connect's transport`, theirs)
    server.kill()
  }
  rmSync(directory, { recursive: true })
  process.exit() // Connect's transport keeps its connection
}

async function measure(name: string, transport: Transport): Promise<void> {
  const client = createClient(Version, transport)
  for (let i = 0; i < warmUpCalls; i++) await client.version({})
  let begin = performance.now()
  for (let i = 0; i < serialCalls; i++) await client.version({})
  const serialMs = (performance.now() - begin) / serialCalls
  begin = performance.now()
  let left = parallelCalls
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await client.version({})
    }),
  )
  const rate = parallelCalls / ((performance.now() - begin) / 1000)
  console.log(`${name.padEnd(36)} ${serialMs.toFixed(3)} ms serial, ${rate.toFixed(0)}/s with ${inFlight} in flight`)
}
