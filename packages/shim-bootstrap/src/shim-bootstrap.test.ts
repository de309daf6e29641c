// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkSocketDir,
  decodeOptions,
  encodeOptions,
  encodeParams,
  encodeStartInput,
  encodeStartOutput,
  endpointOf,
  findShim,
  formatTaskApiAddress,
  inputFormOf,
  parseStartOutput,
  parseTaskApiAddress,
  readBootstrap,
  readStartInput,
  shimBinaryName,
  shimSocketPath,
  writeAddress,
  writeBootstrap,
  type StartFlags,
} from './index.ts'

async function tempDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'bootstrap-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const flags: StartFlags = {
  id: 'redis',
  namespace: 'default',
  logLevel: 0,
  ttrpcAddress: '/run/containerd/containerd.sock.ttrpc',
  grpcAddress: '/run/containerd/containerd.sock',
  containerdBinary: '/usr/bin/containerd',
}
const options = { typeUrl: 'containerd.runc.v1.Options', value: Buffer.from('1a0161', 'hex') }
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

describe('what a daemon tells a shim', () => {
  it('carries parameters and answers in protobuf', () => {
    const params = { ...flags, logLevel: -4, containerdVersion: '2.3.4', options, socketDir: '/run/s' }
    expect(readStartInput(encodeParams(params), { ...flags, id: 'redis', namespace: 'other' })).toMatchObject({
      ...params,
      options: { typeUrl: options.typeUrl },
      answer: 'protobuf',
    })
  })

  it('writes negative levels as ten-byte varints', () => {
    const encoded = Buffer.from(encodeParams({ ...flags, logLevel: -8, containerdVersion: '' })).toString('hex')
    expect(encoded).toContain('18f8ffffffffffffffff01')
  })

  it('takes the options of an older daemon, even where they decode as parameters', () => {
    const readable = { typeUrl: 'containerd.runc.v1.Options', value: Buffer.from('text') }
    for (const any of [options, readable]) {
      const input = readStartInput(encodeOptions(any), flags)
      expect(input).toMatchObject({ id: 'redis', namespace: 'default', answer: 'address' })
      expect(input.options?.typeUrl).toBe(any.typeUrl)
      expect(Buffer.from(input.options?.value ?? [])).toEqual(any.value)
    }
  })

  it('needs no stdin at all', () => {
    expect(readStartInput(new Uint8Array(0), flags)).toEqual({
      ...flags,
      containerdVersion: '',
      options: undefined,
      answer: 'address',
    })
    expect(decodeOptions(encodeOptions(undefined))).toBeUndefined()
  })

  it('refuses what is neither', () => {
    expect(() => readStartInput(bytes('ffff'), flags)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })

  it('never takes foreign bytes for its own parameters', () => {
    const any = fc.record({ typeUrl: fc.string({ minLength: 1 }), value: fc.uint8Array() })
    fc.assert(
      fc.property(any, (value) => {
        fc.pre(value.typeUrl !== flags.id)
        expect(readStartInput(encodeOptions(value), flags)).toMatchObject({
          id: 'redis',
          answer: 'address',
          options: { typeUrl: value.typeUrl },
        })
      }),
    )
  })

  it('picks the form by the version a shim prints', () => {
    const print = (version: string): string =>
      `io.containerd.runc.v2:\n  Version:  ${version}\n  Revision: x\n  Go version: go1\n\n`
    const form = (version: string): string => inputFormOf('containerd-shim-runc-v2', print(version))
    expect(['1.6.20~ds1', 'v1.7.34', '2.2.7', '2.3.0', 'v2.3.4+ts.1', '3.0'].map(form)).toEqual([
      'options',
      'options',
      'options',
      'params',
      'params',
      'params',
    ])
    expect(inputFormOf('containerd-shim-runc-v1', print('2.3.0'))).toBe('options')
    expect(inputFormOf('containerd-shim-kata-v2', print('1.0.0'))).toBe('unknown')
    expect(inputFormOf('containerd-shim-runc-v2', '')).toBe('unknown')
    expect(encodeStartInput({ ...flags, containerdVersion: '', options }, 'options')).toEqual(encodeOptions(options))
  })
})

describe('what a shim answers', () => {
  const result = { version: 3, address: 'unix:///run/containerd/s/abc', protocol: 'ttrpc' }

  it('has the bytes of the protobuf message, or is the address alone', () => {
    const encoded = Buffer.from(encodeStartOutput({ version: 3, address: 'unix:///a', protocol: 'ttrpc' }, 'protobuf'))
    expect(encoded.toString('hex')).toBe('0803' + '1209756e69783a2f2f2f61' + '1a057474727063')
    expect(Buffer.from(encodeStartOutput(result, 'address')).toString()).toBe(result.address)
  })

  it('is read back in every form', () => {
    const full = { ...result, metadata: { a: 'b' }, capabilities: [0] }
    expect(parseStartOutput(encodeStartOutput(full, 'protobuf'))).toEqual(full)
    expect(parseStartOutput(encodeStartOutput(result, 'address'))).toEqual({ ...result, version: 2 })
    expect(parseStartOutput(Buffer.from(` ${result.address}\n`))).toEqual({ ...result, version: 2 })
    expect(parseStartOutput(Buffer.from(`{"Version":3,"ADDRESS":"${result.address}","protocol":"TTRPC"}\n`))).toEqual(
      result,
    )
  })

  it('counts as an address when it is JSON of no or an old version', () => {
    expect(parseStartOutput(Buffer.from('{"a":1}'))).toEqual({ version: 2, address: '{"a":1}', protocol: 'ttrpc' })
    expect(parseStartOutput(Buffer.from('{broken')).address).toBe('{broken')
  })

  it('is refused when it names a newer task API, or nothing', () => {
    const newer = Buffer.from('{"version":4,"address":"unix:///a","protocol":"ttrpc"}')
    expect(() => parseStartOutput(newer)).toThrow(expect.objectContaining({ code: Code.Unimplemented }))
    expect(() => parseStartOutput(new Uint8Array(0))).toThrow('without an address')
    expect(() => parseStartOutput(bytes('00ff'))).toThrow(expect.objectContaining({ code: Code.Internal }))
  })

  it('gives an endpoint', () => {
    expect(endpointOf(result)).toEqual({ protocol: 'ttrpc', path: '/run/containerd/s/abc' })
    expect(endpointOf({ protocol: 'TTRPC', address: '/run/x' })).toEqual({ protocol: 'ttrpc', path: '\0/run/x' })
    expect(endpointOf({ protocol: 'grpc', address: '/run/x' })).toEqual({ protocol: 'grpc', path: '/run/x' })
    expect(() => endpointOf({ protocol: '', address: 'x' })).toThrow('unexpected protocol: ""')
    expect(() => endpointOf({ protocol: 'ttrpc', address: 'vsock://3:1024' })).toThrow(
      expect.objectContaining({ code: Code.Unimplemented }),
    )
    expect(() => endpointOf({ protocol: 'ttrpc', address: '' })).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument }),
    )
  })

  it('is handed on to others as protocol and address', () => {
    expect(parseTaskApiAddress(formatTaskApiAddress(result), 3)).toEqual(result)
    expect(() => parseTaskApiAddress('unix:///a', 3)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })
})

describe('socket paths', () => {
  it('are those of the original', () => {
    const name = { grpcAddress: flags.grpcAddress, namespace: 'default', group: 'redis' }
    expect(shimSocketPath(name)).toBe(
      '/run/containerd/s/f6b99128c07bdbd0902363ba979c22f8ef053e683a7ce24dd016a1ab17092c33',
    )
    expect(shimSocketPath({ ...name, dir: '/d', debug: true })).toBe(
      '/d/85cbbbc9c96db79a9641bc82285af17595410e5a369bb0c244c9ca49fda8de87',
    )
    expect(shimSocketPath({ ...name, grpcAddress: '/run//containerd/x/../containerd.sock' })).toBe(shimSocketPath(name))
  })

  it('need an absolute and short directory', () => {
    expect(checkSocketDir('/run/containerd/s')).toBe('/run/containerd/s')
    expect(() => checkSocketDir('s')).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
    expect(() => checkSocketDir(`/${'x'.repeat(42)}`)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })
})

describe('files of the bundle', () => {
  it('hold the answer, without empty fields', async () => {
    await using dir = await tempDir()
    writeBootstrap(dir.path, {
      version: 3,
      address: 'unix:///a',
      protocol: 'ttrpc',
      capabilities: [],
      metadata: {},
    })
    const path = join(dir.path, 'bootstrap.json')
    expect(await readFile(path, 'utf8')).toBe('{"version":3,"address":"unix:///a","protocol":"ttrpc"}')
    expect((await stat(path)).mode & 0o777).toBe(0o644)
    writeBootstrap(dir.path, { version: 3, address: 'unix:///b', protocol: 'ttrpc', metadata: { k: 'v' } })
    expect(await readBootstrap(dir.path)).toEqual({
      version: 3,
      address: 'unix:///b',
      protocol: 'ttrpc',
      metadata: { k: 'v' },
    })
    expect(await readdir(dir.path)).toEqual(['bootstrap.json'])
  })

  it('migrate the address file of older shims', async () => {
    await using dir = await tempDir()
    await expect(readBootstrap(dir.path)).rejects.toMatchObject({ code: Code.NotFound })
    writeAddress(dir.path, 'unix:///old')
    expect(await readBootstrap(dir.path)).toEqual({ version: 2, address: 'unix:///old', protocol: 'ttrpc' })
    expect((await readdir(dir.path)).toSorted()).toEqual(['address', 'bootstrap.json'])
  })

  it('are refused when broken', async () => {
    await using dir = await tempDir()
    await writeFile(join(dir.path, 'bootstrap.json'), '{"version":3}')
    await expect(readBootstrap(dir.path)).rejects.toMatchObject({ code: Code.Internal })
  })
})

describe('runtime names', () => {
  it('name a binary by their last two parts', () => {
    expect(shimBinaryName('io.containerd.runc.v2')).toBe('containerd-shim-runc-v2')
    expect(shimBinaryName('a.b')).toBe('containerd-shim-a-b')
    for (const bad of ['runc', '.v2', 'a/b.c'])
      expect(() => shimBinaryName(bad)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })

  it('are looked up in order, executables only', async () => {
    await using dir = await tempDir()
    const first = join(dir.path, 'containerd-shim-x-v1')
    await writeFile(first, '', { mode: 0o644 })
    await expect(findShim('io.x.v1', { dirs: [dir.path] })).rejects.toMatchObject({
      code: Code.NotFound,
      message: 'runtime "io.x.v1" binary not installed "containerd-shim-x-v1": file does not exist',
    })
    await rm(first)
    await writeFile(first, '', { mode: 0o755 })
    expect(await findShim('io.x.v1', { dirs: ['/nonexistent', dir.path] })).toBe(first)
    expect(await findShim(first)).toBe(first)
    await expect(findShim('/nonexistent/shim')).rejects.toMatchObject({ code: Code.NotFound })
    await expect(findShim('')).rejects.toMatchObject({ code: Code.InvalidArgument })
  })
})
