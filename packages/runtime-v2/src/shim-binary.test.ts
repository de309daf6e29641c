// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import { decodeOptions, encodeStartOutput, readStartInput } from '@containerd-ts/shim-bootstrap'
import { eventually } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { deleteAnswer, FakeShim, NS } from '../test/fake-shim.ts'
import { ShimBinary, type DaemonIdentity } from './shim-binary.ts'
import { defaultTimeouts, type ShimTimeouts } from './timeouts.ts'

const result = { version: 3, address: 'unix:///run/s/x', protocol: 'ttrpc', capabilities: [], metadata: {} }
const options = { typeUrl: 'containerd.runc.v1.Options', value: Buffer.from('options') }

const daemon: DaemonIdentity = {
  grpcAddress: '/run/c.sock',
  ttrpcAddress: '/run/c.sock.ttrpc',
  containerdBinary: '/usr/bin/containerd',
  containerdVersion: '2.3.4',
  socketDir: '/run/s',
  env: { SCHED_CORE: '1' },
}
const flags = { id: 'a', namespace: 'test', logLevel: 0, ttrpcAddress: '', grpcAddress: '', containerdBinary: '' }

async function setup(name?: string, more: Partial<DaemonIdentity> = {}, timeouts: Partial<ShimTimeouts> = {}) {
  const shim = await FakeShim.make(name)
  const bundle = join(shim.dir, 'bundle')
  await mkdir(bundle)
  const binary = new ShimBinary(shim.path, native, { ...daemon, ...more }, { ...defaultTimeouts, ...timeouts })
  const subject = { namespace: NS, id: 'a', bundle }
  return { shim, binary, subject, [Symbol.asyncDispose]: () => shim[Symbol.asyncDispose]() }
}

const lines = (bytes: Buffer): string[] => bytes.toString().trimEnd().split('\n')

describe('start of a shim', () => {
  it('has the flags, environment, directory and input of the original', async () => {
    await using fx = await setup()
    await fx.shim.answer('start', encodeStartOutput(result, 'protobuf'))
    await fx.shim.run('start', 'echo a warning >&2')
    expect(await fx.binary.start(fx.subject, options)).toEqual(result)
    const expected = '-namespace test -address /run/c.sock -publish-binary /usr/bin/containerd -id a start'
    expect(lines(await fx.shim.seen('start', 'args')).join(' ')).toBe(expected)
    expect(lines(await fx.shim.seen('start', 'cwd'))).toEqual([fx.subject.bundle])
    const env = lines(await fx.shim.seen('start', 'env'))
    const wanted = [
      'GOMAXPROCS=2',
      'MAX_SHIM_VERSION=2',
      'TTRPC_ADDRESS=/run/c.sock.ttrpc',
      'GRPC_ADDRESS=/run/c.sock',
      'NAMESPACE=test',
      'SCHED_CORE=1',
    ]
    expect(env).toEqual(expect.arrayContaining(wanted))
    expect(readStartInput(await fx.shim.seen('start', 'in'), flags)).toMatchObject({
      id: 'a',
      containerdVersion: '2.3.4',
      socketDir: '/run/s',
      options: { typeUrl: options.typeUrl },
      answer: 'protobuf',
    })
  })

  it('asks for debug lines before the action', async () => {
    await using fx = await setup(undefined, { debug: true })
    await fx.shim.answer('start', 'unix:///a')
    await fx.binary.start(fx.subject, undefined)
    expect(lines(await fx.shim.seen('start', 'args')).slice(-2)).toEqual(['-debug', 'start'])
    expect(readStartInput(await fx.shim.seen('start', 'in'), flags).logLevel).toBe(-4)
  })

  it('gives an old runc shim the options alone, asking it for its version once', async () => {
    await using fx = await setup('containerd-shim-runc-v2')
    await fx.shim.answer('-v', 'containerd-shim-runc-v2:\n  Version:  1.6.20\n  Revision: x\n  Go version: go1.20\n\n')
    await fx.shim.answer('start', 'unix:///run/s/old\n')
    for (let i = 0; i < 2; i++)
      expect(await fx.binary.start(fx.subject, options)).toMatchObject({ version: 2, address: 'unix:///run/s/old' })
    expect(decodeOptions(await fx.shim.seen('start', 'in'))?.typeUrl).toBe(options.typeUrl)
    expect(await fx.shim.calls()).toEqual(['-v', 'start', 'start'])
  })

  describe('of our own release', () => {
    const ours = { containerdVersion: '2.3.4+ts.1', env: {} }
    /** Says which release it is, answers `start`, and as a server notes its arguments. */
    async function ownShim(more: Partial<DaemonIdentity> = {}) {
      const fx = await setup('containerd-shim-runc-v2', { ...ours, socketDir: undefined, ...more })
      const script = `#!/bin/sh
case "$*" in
-v) printf 'containerd-shim-runc-v2:\\n  Version:  2.3.4+ts.1\\n  Revision: \\n  Go version: x\\n\\n' ;;
*start) echo unix:///by-start ;;
*) echo "$PWD $* $NAMESPACE $(readlink /proc/self/fd/3)" > "${fx.shim.dir}/server.tmp" && mv "${fx.shim.dir}/server.tmp" "${fx.shim.dir}/server" ;;
esac
`
      await writeFile(fx.shim.path, script)
      await writeFile(join(fx.subject.bundle, 'config.json'), '{}')
      return fx
    }

    it('is launched without a call of start', async () => {
      const sockets = await mkdtemp('/tmp/s-')
      await using fx = await ownShim({ socketDir: sockets })
      const { address, ...rest } = await fx.binary.start(fx.subject, undefined)
      expect(rest).toEqual({ version: 3, protocol: 'ttrpc' })
      expect(address.startsWith(`unix://${sockets}/`)).toBe(true)
      const path = join(fx.shim.dir, 'server')
      await eventually('the server', () => existsSync(path))
      expect(await readFile(path, 'utf8')).toMatch(
        new RegExp(`^${fx.subject.bundle} -namespace test -id a -address /run/c.sock test socket:`),
      )
      expect(JSON.parse(await readFile(join(fx.subject.bundle, 'bootstrap.json'), 'utf8'))).toMatchObject({ address })
      expect(await readlink(join(fx.subject.bundle, 's'))).toBe(sockets)
      await rm(sockets, { recursive: true })
    })

    it.each([
      ['debugging', { debug: true }],
      ['core scheduling', { env: { SCHED_CORE: '1' } }],
      ['another release', { containerdVersion: '2.3.4+ts.2' }],
    ])('is left to its start with %s', async (_name, more) => {
      await using fx = await ownShim(more)
      expect(await fx.binary.start(fx.subject, undefined)).toMatchObject({ address: 'unix:///by-start' })
    })
  })

  it('tries the options alone with an unknown shim that does not take the parameters', async () => {
    await using fx = await setup()
    await fx.shim.run('start', 'if grep -q 2.3.4 "$dir/start.in"; then echo unmarshal; exit 1; fi')
    await fx.shim.answer('start', '{"version":2,"address":"unix:///b","protocol":"ttrpc"}')
    expect(await fx.binary.start(fx.subject, options)).toEqual({ version: 2, address: 'unix:///b', protocol: 'ttrpc' })
    expect(await fx.shim.calls()).toEqual(['-v', 'start', 'start'])
  })

  it('fails with all that the shim printed', async () => {
    await using fx = await setup()
    await fx.shim.run('start', 'echo out; echo err >&2; exit 1')
    await expect(fx.binary.start(fx.subject, undefined)).rejects.toMatchObject({
      code: Code.Unknown,
      message: 'start failed: out\nerr: exit status 1',
    })
  })

  it('ends a shim that takes too long', async () => {
    await using fx = await setup(undefined, {}, { startMs: 300 })
    await fx.shim.run('start', 'echo $$ > "$dir/start.pid"; exec sleep 1000')
    await expect(fx.binary.start(fx.subject, undefined)).rejects.toMatchObject({ code: Code.DeadlineExceeded })
    const pid = Number(await fx.shim.seen('start', 'pid'))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('does not wait for a server that keeps the output open', async () => {
    await using fx = await setup()
    await fx.shim.run('start', 'sleep 5 &')
    await fx.shim.answer('start', 'unix:///c')
    const before = performance.now()
    expect((await fx.binary.start(fx.subject, undefined)).address).toBe('unix:///c')
    expect(performance.now() - before).toBeLessThan(3000)
  })
})

describe('other commands of a shim', () => {
  it('cleans up and tells how the init ended', async () => {
    await using fx = await setup()
    await fx.shim.run('delete', 'echo careful >&2')
    const warnings: string[] = []
    expect(await fx.binary.delete(fx.subject, (text) => warnings.push(text))).toMatchObject({
      id: 'a',
      pid: 42,
      exit: { status: 137, at: { date: new Date(1000) } },
    })
    expect(lines(await fx.shim.seen('delete', 'args')).slice(-3)).toEqual(['-bundle', fx.subject.bundle, 'delete'])
    expect(warnings).toEqual(['careful'])
    await fx.shim.answer('delete', deleteAnswer(0xffffffff, 137))
    expect((await fx.binary.delete(fx.subject, () => {})).pid).toBe(0)
  })

  it('reports a clean-up that fails or hangs', async () => {
    await using fx = await setup(undefined, {}, { cleanupMs: 300 })
    await fx.shim.run('delete', 'echo broken >&2; exit 3')
    await expect(fx.binary.delete(fx.subject, () => {})).rejects.toMatchObject({ message: 'broken: exit status 3' })
    await fx.shim.run('delete', 'exec sleep 1000')
    await expect(fx.binary.delete(fx.subject, () => {})).rejects.toMatchObject({ code: Code.DeadlineExceeded })
  })

  it('answers what it says about itself', async () => {
    await using fx = await setup()
    await fx.shim.answer('-info', 'info')
    expect(Buffer.from(await fx.binary.info(options)).toString()).toBe('info')
    expect(decodeOptions(await fx.shim.seen('-info', 'in'))?.typeUrl).toBe(options.typeUrl)
    await fx.shim.run('-info', 'echo "flag provided but not defined: -info" >&2; exit 1')
    await expect(fx.binary.info(undefined)).rejects.toMatchObject({ code: Code.Unimplemented })
  })
})
