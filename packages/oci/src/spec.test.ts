// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  buildSpec,
  capabilitiesOfMask,
  decodeConfig,
  defaultCapabilities,
  defaultSeccomp,
  defaultSpec,
  mergeEnv,
  parseMountFlag,
  withAddedCapabilities,
  withAdditionalGids,
  withAnnotations,
  withAppendedGroups,
  withArgs,
  withCpus,
  withCpuShares,
  withDefaultSeccomp,
  withDefaultUnixDevices,
  withDevice,
  withDroppedCapabilities,
  withEnv,
  withEnvFile,
  withHostDevices,
  withHostHostsFile,
  withHostname,
  withHostNamespace,
  withImageConfig,
  withMemoryLimit,
  withNamespace,
  withPrivilegedDevices,
  withReadonlyRoot,
  withReplacedMounts,
  withRlimit,
  withTty,
  withUser,
  withUserNamespace,
} from './index.ts'
import type { SpecOption } from './index.ts'

const request = { namespace: 'ns', id: 'c', platform: { os: 'linux', architecture: 'amd64' } }
const build = (...options: SpecOption[]) => buildSpec(request, options)

const files: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n\n# note\napp:x:1000:1001::/home/app:/bin/sh\n',
  '/etc/group': 'root:x:0:root\napp:x:1001:app\nwheel:x:10:root,app\nvideo:x:44:app\n',
}
const read = async (path: string): Promise<string | undefined> => files[path]
const none = async (): Promise<undefined> => undefined

describe('default spec', () => {
  it('has the original shape', () => {
    const spec = defaultSpec(request)
    expect(spec.linux?.cgroupsPath).toBe('/ns/c')
    expect(spec.linux?.namespaces?.map(({ type }) => type)).toEqual(['pid', 'ipc', 'uts', 'mount', 'network'])
    expect(spec.mounts?.map(({ destination }) => destination)).toEqual([
      '/proc',
      '/dev',
      '/dev/pts',
      '/dev/shm',
      '/dev/mqueue',
      '/sys',
      '/run',
    ])
    expect(spec.process?.capabilities?.bounding).toEqual(defaultCapabilities)
    expect(spec.process).toMatchObject({
      cwd: '/',
      noNewPrivileges: true,
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
    })
    expect(spec.linux?.maskedPaths).toHaveLength(11)
    expect(Object.keys(defaultSpec({ ...request, platform: { os: 'windows', architecture: 'amd64' } }))).toContain(
      'windows',
    )
  })
})

describe('process options', () => {
  it('merge environments in place, append, and delete', () => {
    expect(mergeEnv(['A=1', 'B=2', 'C=3'], ['B=x', 'D=4', 'A', 'Z'])).toEqual(['B=x', 'C=3', 'D=4'])
  })

  it('take the image first and what was set before over it', async () => {
    const image = decodeConfig(
      Buffer.from(
        JSON.stringify({
          os: 'linux',
          architecture: 'amd64',
          config: { Env: ['A=image', 'B=image'], Entrypoint: ['/e'], Cmd: ['c'], WorkingDir: '/w', User: 'app' },
        }),
      ),
    )
    const spec = await build(withEnvFile('F=file\n'), withEnv(['A=mine', 'F']), withImageConfig(image, read))
    expect(spec.process).toMatchObject({ env: ['A=mine', 'B=image'], args: ['/e', 'c'], cwd: '/w' })
    expect(spec.process?.user).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 10, 44] })
    const bare = decodeConfig(Buffer.from('{}'))
    const plain = await build(withImageConfig(bare, read, ['x']), withTty)
    expect(plain.process).toMatchObject({ args: ['x'], cwd: '/', terminal: true, user: { additionalGids: [0, 10] } })
    expect(plain.process?.env).toEqual([expect.stringMatching(/^PATH=/), 'TERM=xterm'])
    expect((await build(withImageConfig(image, read), withArgs('only'))).process?.args).toEqual(['only'])
  })

  it.each([
    ['1000', { uid: 1000, gid: 1001 }],
    ['77', { uid: 77, gid: 0 }],
    ['app', { uid: 1000, gid: 1001 }],
    ['5:6', { uid: 5, gid: 6 }],
    ['app:wheel', { uid: 1000, gid: 10 }],
    ['5:video', { uid: 5, gid: 44 }],
    ['app:7', { uid: 1000, gid: 7 }],
  ])('user %s', async (user, expected) => {
    const spec = await build(withUser(user, read))
    expect(spec.process?.user).toEqual({ ...expected, additionalGids: [expected.gid] })
  })

  it('user without files: numbers only', async () => {
    expect((await build(withUser('3', none))).process?.user).toMatchObject({ uid: 3, gid: 0 })
    await expect(build(withUser('app', none))).rejects.toMatchObject({ code: Code.NotFound })
    await expect(build(withUser('app:nope', read))).rejects.toMatchObject({ code: Code.NotFound })
    for (const bad of ['2147483648', '-1', '1:2147483648', 'a:b:c', ':1', '1:']) {
      await expect(build(withUser(bad, read))).rejects.toMatchObject({ code: Code.InvalidArgument })
    }
  })

  it('groups', async () => {
    expect((await build(withAdditionalGids('1000', read))).process?.user.additionalGids).toEqual([0, 10, 44])
    expect((await build(withAdditionalGids('nobody', read))).process?.user.additionalGids).toEqual([0])
    expect((await build(withAppendedGroups(['wheel', '99'], read))).process?.user.additionalGids).toEqual([0, 10, 99])
  })

  it('limits, host name, annotations', async () => {
    const spec = await build(
      withRlimit('RLIMIT_NOFILE', 5, 6),
      withHostname('h'),
      withAnnotations({ a: 'b' }),
      withAnnotations({ c: 'd' }),
    )
    expect(spec).toMatchObject({
      hostname: 'h',
      annotations: { a: 'b', c: 'd' },
      process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 6 }] },
    })
  })
})

describe('mounts and namespaces', () => {
  it('replace mounts of the same destination', async () => {
    const spec = await build(
      withReplacedMounts([parseMountFlag('type=bind,src=/a,dst=/dev/shm/,options=rbind:ro')]),
      withHostHostsFile,
      withReadonlyRoot,
    )
    const shm = spec.mounts?.filter(({ destination }) => destination.startsWith('/dev/shm'))
    expect(shm).toEqual([{ type: 'bind', source: '/a', destination: '/dev/shm/', options: ['rbind', 'ro'] }])
    expect(spec.mounts?.at(-1)).toMatchObject({ destination: '/etc/hosts', options: ['rbind', 'ro'] })
    expect(spec.root).toEqual({ path: 'rootfs', readonly: true })
    expect(parseMountFlag('"source=/a,b",destination=/c')).toEqual({ source: '/a,b', destination: '/c' })
    expect(() => parseMountFlag('type')).toThrow(/key=val/)
    expect(() => parseMountFlag('flavour=x')).toThrow(/not supported/)
  })

  it('share, join and map', async () => {
    const mapping = { containerID: 0, hostID: 1000, size: 10 }
    const spec = await build(
      withHostNamespace('network'),
      withNamespace({ type: 'pid', path: '/p' }),
      withUserNamespace([mapping], [mapping]),
    )
    expect(spec.linux?.namespaces).toEqual([
      { type: 'pid', path: '/p' },
      { type: 'ipc' },
      { type: 'uts' },
      { type: 'mount' },
      { type: 'user' },
    ])
    expect(spec.linux?.uidMappings).toEqual([mapping])
  })
})

describe('capabilities, devices and resources', () => {
  it('add and drop capabilities by their full names', async () => {
    const spec = await build(
      withAddedCapabilities(['CAP_SYS_ADMIN', 'CAP_KILL']),
      withDroppedCapabilities(['CAP_MKNOD']),
    )
    expect(spec.process?.capabilities?.effective).toEqual([
      ...defaultCapabilities.filter((c) => c !== 'CAP_MKNOD'),
      'CAP_SYS_ADMIN',
    ])
    await expect(build(withAddedCapabilities(['SYS_ADMIN']))).rejects.toMatchObject({ code: Code.InvalidArgument })
    expect(capabilitiesOfMask('0000000000000021')).toEqual(['CAP_CHOWN', 'CAP_KILL'])
    expect(capabilitiesOfMask('20000000000')).toEqual([])
  })

  it('privileged lifts what confines', async () => {
    const spec = await build(withDefaultSeccomp, withPrivilegedDevices)
    expect(spec.linux).toMatchObject({
      maskedPaths: [],
      readonlyPaths: [],
      resources: { devices: [{ allow: true, access: 'rwm' }] },
    })
    expect(spec.linux?.seccomp).toBeUndefined()
    expect(spec.mounts?.find(({ type }) => type === 'sysfs')?.options).toContain('rw')
  })

  it('know devices by their numbers', async () => {
    const spec = await build(withDefaultUnixDevices, withDevice('/dev/null', { path: '/dev/nothing', access: 'r' }))
    expect(spec.linux?.devices).toMatchObject([{ path: '/dev/nothing', type: 'c', major: 1, minor: 3 }])
    expect(spec.linux?.resources?.devices).toHaveLength(11)
    expect(spec.linux?.resources?.devices?.at(-1)).toEqual({ allow: true, type: 'c', major: 1, minor: 3, access: 'r' })
    await expect(build(withDevice('/etc/passwd'))).rejects.toMatchObject({ code: Code.InvalidArgument })
    const host = await build(withHostDevices)
    expect(host.linux?.devices?.map(({ path }) => path)).toContain('/dev/null')
    expect(host.linux?.devices?.some(({ path }) => path.startsWith('/dev/pts/'))).toBe(false)
  })

  it('limit', async () => {
    const spec = await build(withCpus(1.5), withCpuShares(1024), withMemoryLimit(1 << 20))
    expect(spec.linux?.resources).toMatchObject({
      cpu: { quota: 150_000, period: 100_000, shares: 1024 },
      memory: { limit: 1_048_576 },
    })
  })
})

describe('seccomp', () => {
  const profile = (capabilities: readonly string[], architecture = 'amd64', kernelRelease = '6.1.0-1-amd64') =>
    defaultSeccomp({ capabilities, architecture, kernelRelease })
  const allows = (seccomp: ReturnType<typeof profile>, name: string): boolean =>
    seccomp.syscalls?.some(
      (entry) => entry.action === 'SCMP_ACT_ALLOW' && entry.args === undefined && entry.names.includes(name),
    ) === true

  it('refuses by default and allows what is usual', () => {
    const seccomp = profile(defaultCapabilities)
    expect(seccomp).toMatchObject({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    })
    expect(new Set(seccomp.syscalls?.[0]?.names).size).toBe(363)
    expect(
      ['read', 'openat2', 'arch_prctl', 'chroot', 'ptrace'].filter((name) => allows(seccomp, name) !== true),
    ).toEqual([])
    expect(
      ['mount', 'clone', 'clone3', 'bpf', 'keyctl', 'io_uring_setup', 'reboot', 'socket'].filter(
        (name) => allows(seccomp, name) !== false,
      ),
    ).toEqual([])
    expect(seccomp.syscalls?.at(-1)).toEqual({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 })
    expect(seccomp.syscalls?.at(-2)?.args).toEqual([{ index: 0, value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ' }])
  })

  it('opens with capabilities, kernels and machines', () => {
    expect(allows(profile(['CAP_SYS_ADMIN']), 'mount')).toBe(true)
    expect(profile(['CAP_SYS_ADMIN']).syscalls?.some((entry) => entry.action === 'SCMP_ACT_ERRNO')).toBe(false)
    expect(allows(profile([], 'amd64', '4.4.0'), 'ptrace')).toBe(false)
    expect(profile([], 's390x').syscalls?.at(-2)?.args?.[0]?.index).toBe(1)
    expect(profile([], 'ppc64le').architectures).toBeUndefined()
  })
})
