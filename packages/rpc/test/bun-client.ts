// SPDX-License-Identifier: Apache-2.0
// Run by bun.test.ts, under Bun and under Node: what a client does, over the socket named by the first argument.
import { codeOf } from '@containerd-ts/errdefs'
import { createUnixTransport } from '../src/index.ts'
import { createClient } from '../src/client/client.ts'
import { Echo } from './echo-service.ts'

await using transport = createUnixTransport({ address: process.argv[2] ?? '' })
const client = createClient(Echo, transport)
const code = (promise: Promise<unknown>): Promise<number> => promise.then(() => 0, codeOf)
const out: Record<string, unknown> = {}

out.unary = (await client.unary({ value: 'hi' })).value
out.parallel = (await Promise.all(Array.from({ length: 100 }, (_, i) => client.unary({ value: String(i) })))).length
out.large = (await client.unary({ value: 'x'.repeat(8 << 20) })).value.length
out.notFound = await code(client.unary({ value: 'missing' }))
out.deadline = await code(client.unary({ value: 'hang' }, { timeoutMs: 100 }))
out.canceled = await code(client.unary({ value: 'hang' }, { signal: AbortSignal.timeout(100) }))
let bytes = 0
for await (const { value } of client.server({ value: '64' })) bytes += value.length
out.stream = bytes
let slow = 0
for await (const { value } of client.server({ value: '20' })) {
  slow += value.length
  await new Promise((resolve) => setTimeout(resolve, 5))
}
out.slowReader = slow
for await (const _ of client.server({ value: '1000' })) break
const upload = async function* () {
  for (let i = 0; i < 40; i++) yield { value: 'x'.repeat(1 << 20) }
}
out.upload = (await client.client(upload())).value
const echoed: string[] = []
for await (const { value } of client.bidi(
  (async function* () {
    yield { value: 'a' }
    yield { value: 'b' }
  })(),
))
  echoed.push(value)
out.bidi = echoed.join()
out.after = (await client.unary({ value: 'still here' })).value
process.stdout.write(JSON.stringify(out))
