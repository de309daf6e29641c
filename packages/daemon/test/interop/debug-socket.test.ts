// SPDX-License-Identifier: Apache-2.0
import { startDaemon, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { good, interopGate } from '../world.ts'

describe.skipIf(!interopGate.open)('the debug socket of our daemon', () => {
  it("answers Go's ctr pprof, in the formats of V8", async () => {
    await using temp = await tempRoot('ctd-debug-')
    const socket = temp.join('debug.sock')
    await using daemon = await startDaemon({ config: `version = 2\n[debug]\n  address = ${JSON.stringify(socket)}\n` })
    const pprof = (...args: readonly string[]): Promise<string> => good(daemon, 'pprof', '-d', socket, ...args)

    expect(JSON.parse(await pprof('goroutines'))).toHaveProperty('javascriptStack')
    expect(JSON.parse(await pprof('profile', '--seconds', '1s'))).toHaveProperty('samples')
    expect(JSON.parse(await pprof('trace', '--seconds', '1s'))).toHaveProperty('traceEvents')
    expect(await pprof('threadcreate')).toMatch(/^\d+ \S/)
    expect(await pprof('heap')).toMatch(/^\{"snapshot":/)
    expect(await good(daemon, 'plugins', 'ls')).toMatch(/io\.containerd\.server\.v1 +debug +- +ok/)
  })

  it('is not there unless an address is configured', async () => {
    await using daemon = await startDaemon()
    expect(await good(daemon, 'plugins', 'ls')).toMatch(/io\.containerd\.server\.v1 +debug +- +skip/)
  })
})
