// SPDX-License-Identifier: Apache-2.0
// Calls a server of the conformance service in every way and prints what it got as JSON; runs on either runtime.
import { describe } from '@containerd-ts/errdefs'
import { createTtrpcClient, TtrpcConnection } from '@containerd-ts/ttrpc'
import { echoService } from '../../conformance/src/ttrpc-echo.ts'

async function* texts(...values: string[]) {
  for (const value of values) yield { value }
}
const seen: Record<string, unknown> = {}
const connection = await TtrpcConnection.connect(process.argv[2] ?? '', { onClose: () => (seen['closed'] = true) })
const client = createTtrpcClient(echoService, connection, { namespace: 'ns' })
const failure = (call: Promise<unknown>): Promise<string> => call.then(String, describe)

seen['echo'] = (await client.echo({ value: 'x'.repeat(1 << 20) })).value.length
seen['many'] = (await Promise.all(Array.from({ length: 100 }, (_, i) => client.echo({ value: `${i}` })))).length
seen['context'] = JSON.parse((await client.context({})).value)
seen['fail'] = await failure(client.fail({ value: '5 task a: not found' }))
seen['late'] = await failure(client.expire({}, { timeoutMs: 20 }))
seen['concat'] = (await client.concat(texts('a', 'b'))).value
seen['repeat'] = (await Array.fromAsync(client.repeat({ value: '30 x' }))).length
seen['chat'] = (await Array.fromAsync(client.chat(texts('a', 'b')))).map(({ value }) => value)
const pending = failure(client.expire({}))
await client.echo({})
connection.close()
seen['pending'] = await pending
await connection.gone
process.stdout.write(JSON.stringify(seen))
