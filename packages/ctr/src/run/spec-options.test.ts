// SPDX-License-Identifier: Apache-2.0
import type { SpecSource } from '@containerd-ts/client'
import { buildSpec } from '@containerd-ts/oci'
import type { ImageConfig, RuntimeSpec } from '@containerd-ts/oci'
import { describe, expect, it } from 'vitest'
import Run from '../commands/run.ts'
import { HooklessConfig } from '../cli/hookless-config.ts'
import { commandArgv } from '../cli/command-argv.ts'
import type { ContainerFlags } from './container-flags.ts'
import { refuseFlags } from './refused-flags.ts'
import { specOptions } from './spec-options.ts'

const image: ImageConfig = {
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    user: '',
    env: ['PATH=/bin', 'A=image'],
    entrypoint: ['/entry'],
    cmd: ['cmd'],
    workingDir: '/work',
    labels: {},
    stopSignal: '',
    volumes: [],
    exposedPorts: [],
    argsEscaped: false,
  },
  diffIds: [],
  history: [],
}
const files: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0::/:\nuser:x:1000:1000::/:\n',
  '/etc/group': 'root:x:0:\nextra:x:2000:user\n',
}
const source: SpecSource = { image, read: async (path) => files[path] }

/** Parses flags just as `ctr run` does. */
async function flagsOf(...argv: readonly string[]): Promise<ContainerFlags> {
  class Parsed extends Run {
    async flags(): Promise<ContainerFlags> {
      return (await this.parse(Run)).flags
    }
  }
  const parsed = commandArgv(argv, Run)
  if (parsed.kind !== 'run') throw new Error('help')
  return await new Parsed(parsed.argv, new HooklessConfig('test')).flags()
}

async function specOf(flags: readonly string[], args: readonly string[] = []): Promise<RuntimeSpec> {
  const request = { flags: await flagsOf(...flags), ref: 'image', args }
  refuseFlags(request.flags)
  return await buildSpec({ namespace: 'default', id: 'c' }, await specOptions(request, source))
}

describe('spec of run', () => {
  it('takes command, environment and directory from the image', async () => {
    const { process, root, linux } = await specOf([])
    expect(process).toMatchObject({ args: ['/entry', 'cmd'], env: ['PATH=/bin', 'A=image'], cwd: '/work' })
    expect(process?.user).toEqual({ uid: 0, gid: 0, additionalGids: [0] })
    expect(root).toEqual({ path: 'rootfs' })
    expect(linux?.cgroupsPath).toBe('/default/c')
  })

  it('weighs CPUs with 1024 unless told otherwise', async () => {
    expect((await specOf([])).linux?.resources?.cpu).toEqual({ shares: 1024 })
    expect((await specOf(['--cpu-shares', '5', '--cpus', '1.5'])).linux?.resources?.cpu).toEqual({
      shares: 5,
      quota: 150_000,
      period: 100_000,
    })
  })

  it('replaces entry point and command by arguments', async () => {
    expect((await specOf([], ['ls', '-l'])).process?.args).toEqual(['ls', '-l'])
  })

  it('lets flags win over the image', async () => {
    const { process } = await specOf(['--env', 'A=flag', '--env', 'B=1', '--cwd', '/tmp'])
    expect(process).toMatchObject({ env: ['PATH=/bin', 'A=flag', 'B=1'], cwd: '/tmp' })
  })

  it('resolves users and their groups by the files of the image', async () => {
    expect((await specOf(['--user', 'user'])).process?.user).toEqual({
      uid: 1000,
      gid: 1000,
      additionalGids: [1000, 2000],
    })
    expect((await specOf(['--user', '5:6'])).process?.user).toMatchObject({ uid: 5, gid: 6 })
    await expect(specOf(['--user', 'nobody'])).rejects.toThrow('no users found')
  })

  it('puts a mount in place of a default one', async () => {
    const { mounts = [] } = await specOf(['--mount', 'type=bind,src=/a,dst=/run,options=rbind:ro'])
    expect(mounts.filter(({ destination }) => destination === '/run')).toEqual([
      { destination: '/run', type: 'bind', source: '/a', options: ['rbind', 'ro'] },
    ])
  })

  it('gives a terminal its variable last', async () => {
    const { process } = await specOf(['-t'])
    expect(process?.terminal).toBe(true)
    expect(process?.env?.at(-1)).toBe('TERM=xterm')
  })

  it('computes the seccomp profile from the final capabilities', async () => {
    const allowed = async (...flags: readonly string[]) =>
      (await specOf(['--seccomp', ...flags])).linux?.seccomp?.syscalls?.some(
        ({ names, action }) => names.includes('mount') && action === 'SCMP_ACT_ALLOW',
      )
    expect(await allowed()).toBe(false)
    expect(await allowed('--cap-add', 'CAP_SYS_ADMIN')).toBe(true)
  })

  it('shares the network of the host with its names', async () => {
    const { linux, mounts, process } = await specOf(['--net-host'])
    expect(linux?.namespaces?.map(({ type }) => type)).not.toContain('network')
    expect(mounts?.slice(-2).map(({ destination }) => destination)).toEqual(['/etc/hosts', '/etc/resolv.conf'])
    expect(process?.env?.at(-1)).toMatch(/^HOSTNAME=/)
  })

  it('removes every fence of a privileged container', async () => {
    const { linux, process } = await specOf(['--privileged', '--privileged-without-host-devices'])
    expect(linux).toMatchObject({ maskedPaths: [], readonlyPaths: [] })
    expect(linux?.devices).toBeUndefined()
    expect(process?.capabilities?.bounding?.length).toBeGreaterThan(14)
  })

  it('adds labels as annotations, over annotations', async () => {
    const { annotations } = await specOf(['--annotation', 'a=1', '--annotation', 'b=1', '--label', 'b=2'])
    expect(annotations).toEqual({ a: '1', b: '2' })
  })

  it('maps users with both maps', async () => {
    const { linux } = await specOf(['--uidmap', '0:1000:65536', '--gidmap', '0:1000:65536'])
    expect(linux?.uidMappings).toEqual([{ containerID: 0, hostID: 1000, size: 65536 }])
    expect(linux?.namespaces?.at(-1)).toEqual({ type: 'user' })
  })

  it('sets limits, host name, namespaces and cgroup', async () => {
    const flags = [
      '--rlimit-nofile',
      '5:6',
      '--hostname',
      'h',
      '--with-ns',
      'network:/n',
      '--cgroup',
      '',
      '--memory-limit',
      '7',
    ]
    const spec = await specOf(flags)
    expect(spec.hostname).toBe('h')
    expect(spec.process?.rlimits).toEqual([{ type: 'RLIMIT_NOFILE', soft: 5, hard: 6 }])
    expect(spec.linux?.cgroupsPath).toBe('')
    expect(spec.linux?.resources?.memory).toEqual({ limit: 7 })
    expect(spec.linux?.namespaces).toContainEqual({ type: 'network', path: '/n' })
  })

  it.each([
    [['--cni'], 'not supported'],
    [['--gpus', '0'], 'not supported'],
    [['--rdt-class', 'x'], 'not supported'],
    [['--device', 'vendor.com/class=dev'], 'not supported'],
    [['--uidmap', '0:0:1'], 'go together'],
    [['--cpus', '1', '--cpu-quota', '5'], 'used separately'],
    [['--cpus', 'many'], 'invalid value'],
    [['--with-ns', 'nope:/x'], 'expected TYPE:PATH'],
    [['--rlimit-nofile', '9:5'], 'soft limit above'],
    [['--cap-add', 'NET_ADMIN'], "'CAP_' prefix"],
    [['--seccomp-profile', '/x'], 'seccomp must be set'],
    [['--mount', 'nonsense'], 'invalid mount'],
    [['--uidmap', '0:0', '--gidmap', '0:0:1'], 'invalid id mapping'],
  ])('refuses %j', async (flags, message) => {
    await expect(specOf(flags)).rejects.toThrow(message)
  })
})
