// SPDX-License-Identifier: Apache-2.0
// Run by window.test.ts, under Bun and under Node: uploads what the arguments say over the socket named by the first.
import { createUnixTransport } from '../src/index.ts'
import { createClient } from '../src/client/client.ts'
import { Echo } from './echo-service.ts'

const [address = '', uploads = '', chunks = ''] = process.argv.slice(2)
await using transport = createUnixTransport({ address })
const client = createClient(Echo, transport)
const upload = async function* () {
  for (let i = 0; i < Number(chunks); i++) yield { value: 'x'.repeat(1 << 20) }
}
const replies = await Promise.all(Array.from({ length: Number(uploads) }, () => client.client(upload())))
process.stdout.write(JSON.stringify(replies.map(({ value }) => value)))
