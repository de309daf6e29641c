// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@containerd-ts/errdefs'
import { mustRun } from '@containerd-ts/testkit'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { serve } from './fixture.ts'

const bun = createRequire(import.meta.url).resolve('@oven/bun-linux-x64/bin/bun')

it.each([
  ['Node', process.execPath],
  ['Bun', bun],
])('the client works under %s', async (_, program) => {
  await using server = await serve({
    unary: ({ value }, context) => {
      if (value === 'missing') throw NotFoundError.of('thing', 'x')
      if (value !== 'hang') return { value }
      return new Promise((_resolve, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
      )
    },
    async *server({ value }) {
      for (let i = 0; i < Number(value); i++) yield { value: 'y'.repeat(1 << 20) }
    },
    async client(requests) {
      let bytes = 0
      for await (const { value } of requests) bytes += value.length
      return { value: String(bytes) }
    },
    async *bidi(requests) {
      yield* requests
    },
  })
  const result = await mustRun(program, [
    '--conditions=@containerd-ts/source',
    join(import.meta.dirname, 'bun-client.ts'),
    server.path,
  ])
  expect(JSON.parse(result.stdout)).toEqual({
    unary: 'hi',
    parallel: 100,
    large: 8 << 20,
    notFound: 5,
    deadline: 4,
    canceled: 4,
    stream: 64 << 20,
    slowReader: 20 << 20,
    upload: String(40 << 20),
    bidi: 'a,b',
    after: 'still here',
  })
})
