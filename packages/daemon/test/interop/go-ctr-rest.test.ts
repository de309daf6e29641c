// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { eventually, mustRun, proves, startGoDaemon, startPaired, startRegistry } from '@containerd-ts/testkit'
import type { Registry, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameWords } from '../side-by-side.ts'
import {
  bad,
  expectClean,
  good,
  imageName,
  interopGate,
  openWorld,
  ownNamespace,
  provesGoCtr,
  removeContainer,
  taskStatus,
} from '../world.ts'
import type { World } from '../world.ts'

const words = (line: string): readonly string[] => line.split(' ')

describe.skipIf(!interopGate.open)('what else Go ctr can do, beside the Go daemon', provesGoCtr, () => {
  let world: World
  let daemon: TestDaemon
  let both: readonly [TestDaemon, TestDaemon]
  let registry: Registry
  let ref: string
  const expectSame = (...script: readonly string[]) =>
    expectSameWords(both, script.map(words), { [registry.host]: 'REGISTRY' })
  const onBoth = async (...script: readonly string[]) => {
    for (const line of script) for (const each of both) await good(each, ...words(line))
  }

  beforeAll(async () => {
    world = await openWorld()
    daemon = world.daemon
    both = [daemon, world.use(await startGoDaemon(ownNamespace('theirs')))]
    registry = world.use(await startRegistry())
    ref = await registry.push(world.image, 'library/busybox', 'latest')
    await onBoth(`images import ${world.archive}`)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('oci spec, global flags, help and unknown words', async () => {
    await expectSame(
      'oci spec',
      '--version',
      '--timeout 1ns images ls',
      '--debug images ls -q',
      '-n bad/name images ls',
      'nosuch',
      'images nosuch',
      'run',
    )
  })

  it('plugins: the columns, and each kind that the Go daemon has and 2.x kept', async () => {
    const tables = await Promise.all(both.map((each) => good(each, 'plugins', 'ls')))
    const [ours = [], theirs = []] = tables.map((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    expect(ours[0]).toEqual(theirs[0])
    const kinds = (rows: readonly (readonly string[])[]) => new Set(rows.slice(1).map(([kind = '']) => kind))
    const gone = /^$|runtime\.v1|containerd\.runtime\.v2|internal\.v1|service\.v1|snapshotter|monitor/
    expect([...kinds(theirs)].filter((kind) => !gone.test(kind) && !kinds(ours).has(kind))).toEqual([])
    expect(await good(daemon, 'plugins', 'ls', '-q')).toMatch(/^content$/m)
    expect(await good(daemon, 'plugins', 'ls', '-d', 'id==overlayfs')).toMatch(/Type: +io\.containerd\.snapshotter\.v1/)
  })

  it('pprof where no debug socket is served, as by default', async () => {
    await expectSame(
      'pprof heap',
      'pprof goroutines',
      'pprof block',
      'pprof profile -s 1s',
      'pprof threadcreate',
      'pprof trace -s 1s',
    )
  })

  it('content: objects from and to a registry, references pruned', async () => {
    const { digest, mediaType } = world.image.config
    await expectSame(
      `content fetch-object --plain-http ${ref} ${digest}`,
      `content fetch-object --plain-http ${ref} sha256:${'0'.repeat(64)}`,
      `content push-object --plain-http ${registry.host}/test/objects:1 sha256:${'0'.repeat(64)} ${mediaType}`,
      '-n pruned content prune references --dry',
    )
    for (const [each, name] of [
      [daemon, 'ours'],
      [both[1], 'go'],
    ] as const) {
      const object = [`${registry.host}/test/objects-${name}:1`, digest, mediaType]
      const push = ['content', 'push-object', '--plain-http', ...object]
      expect(await good(each, ...push)).toBe(`Pushed ${digest} ${mediaType}\n`)
      await bad(each, `content ${digest} on remote: already exists`, ...push)
    }
    await onBoth(`-n pruned images import ${world.archive}`, '-n pruned content prune references')
    await expectSame('-n pruned content ls -q', '-n pruned images check', `-n pruned images rm --sync ${imageName}`)
  })

  it('images: converted to other layers and media types', async () => {
    await expectSame(
      `images convert --uncompress ${imageName} localhost/test/plain:1`,
      `images convert --oci ${imageName} localhost/test/oci:1`,
      'images convert nosuch localhost/test/none:1',
      'images ls',
      'run --rm localhost/test/plain:1 nosnapshot true',
      'images rm --sync localhost/test/plain:1 localhost/test/oci:1',
    )
  })

  it('install: programs of an image put into a directory', async () => {
    for (const each of both) {
      const dir = world.temp.join(`opt-${each === daemon ? 'ours' : 'go'}`)
      await mkdir(dir)
      await good(each, 'install', '--path', dir, imageName)
      await mustRun('test', ['-x', `${dir}/bin/busybox`])
      const again = await each.ctr('install', '--path', dir, imageName)
      expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot replace') as unknown })
      await good(each, 'install', '--path', dir, '--replace', imageName)
    }
    await expectSame('install nosuch')
  })

  it('snapshots: records and mounts', async () => {
    const chainId = world.image.layers[0]?.diffId ?? ''
    await onBoth(`snapshots prepare shown ${chainId}`, `snapshots view seen ${chainId}`)
    await expectSame(
      `snapshots info ${chainId}`,
      'snapshots info shown',
      'snapshots mounts /target shown',
      'snapshots mounts /target seen',
      'snapshots mounts /target nosuch',
      'snapshots unpack nosuch',
      `snapshots diff ${chainId} nosuch`,
      'snapshots ls -x',
      'snapshots rm shown',
    )
    // Nothing keeps a view from the collector.
    for (const each of both) await each.ctr('snapshots', 'rm', 'seen')
  })

  it('containers: shown whole, kept as an image and made from it again', async () => {
    await onBoth(`containers create --label one=1 ${imageName} kept sleep 1000`)
    await expectSame(
      'containers info kept',
      'containers checkpoint nosuch localhost/test/kept:1',
      'containers checkpoint --image --rw kept localhost/test/kept:1',
      'containers restore kept localhost/test/kept:1',
      'containers restore other nosuch',
    )
    await onBoth('containers rm kept')
    for (const each of both) await each.ctr('images', 'rm', '--sync', 'localhost/test/kept:1')
  })

  it('tasks: processes listed, and a checkpoint that the runtime cannot take', async () => {
    await onBoth(`run -d ${imageName} task sleep 1000`)
    await expectSame(
      'tasks ps task',
      'tasks ps nosuch',
      'tasks metrics nosuch',
      'tasks checkpoint nosuch',
      'tasks resume task',
      'tasks pause nosuch',
      'tasks exec task',
      'tasks exec --exec-id bad/id task true',
    )
    for (const each of both) {
      const said = await each.ctr('tasks', 'checkpoint', '--image-path', world.temp.join('criu'), 'task')
      expect(said).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/criu/i) as unknown })
      expect(await taskStatus(each, 'task')).toBe('RUNNING')
      await removeContainer(each, 'task')
    }
  })

  it('run: every flag that this machine can obey', async () => {
    const envFile = world.temp.join('env')
    await writeFile(envFile, 'FROM_FILE=1\n')
    let runs = 0
    const run = (flags: string, ...command: readonly string[]): readonly string[] => [
      'run',
      '--rm',
      ...words(flags),
      imageName,
      `flags-${runs++}`,
      ...command,
    ]
    const sh = (flags: string, script: string) => run(flags, 'sh', '-c', `${script}; sleep 0.1`)
    await expectSameWords(both, [
      sh(`--env-file ${envFile}`, 'echo $FROM_FILE'),
      sh('--env-file /nosuch', 'true'),
      sh('--cgroup /ctd-own/flags', 'grep -c ctd-own /proc/self/cgroup'),
      sh('--cpus 0.5', 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
      sh('--cpu-quota 20000 --cpu-period 50000', 'cat /sys/fs/cgroup/cpu/cpu.cfs_*_us'),
      sh('--cpu-shares 512', 'cat /sys/fs/cgroup/cpu/cpu.shares'),
      sh('--net-host', 'ls /sys/class/net | grep -c lo; cat /etc/hosts | grep -c localhost'),
      sh('--with-ns uts:/proc/self/ns/uts', 'true'),
      sh('--allow-new-privs', 'grep NoNew /proc/self/status'),
      sh('--cap-add CAP_SYS_ADMIN', 'grep CapBnd /proc/self/status'),
      sh('--cap-drop CAP_CHOWN', 'grep CapBnd /proc/self/status'),
      sh('--cap-add SYS_ADMIN', 'true'),
      sh('--seccomp', 'grep Seccomp: /proc/self/status'),
      sh('--seccomp --seccomp-profile /nosuch', 'true'),
      sh('--device /dev/null', 'ls -l /dev/null | cut -c1-10'),
      sh('--no-pivot', 'echo moved'),
      sh('--rootfs-propagation slave', 'grep -c " / " /proc/self/mountinfo'),
      sh('--null-io', 'echo unseen'),
      sh('--label a=b --annotation c=d --snapshotter-label containerd.io/snapshot/x=y', 'true'),
      sh('--platform linux/arm64', 'true'),
      sh('--platform nonsense/x/y/z', 'true'),
      sh('--runc-root /run/containerd/own-runc', 'echo own root'),
      sh('--fifo-dir /run/containerd/own-fifo', 'echo own fifos'),
      sh('--user 7:8 --cwd /nosuch', 'true'),
      sh('--mount type=tmpfs,src=tmpfs,dst=/x,options=size=1m', 'grep -c " /x tmpfs" /proc/mounts'),
      sh('--mount type=bind,src=/nosuch,dst=/x,options=rbind', 'true'),
      run('--pid-file /nosuch/dir/pid', 'true'),
      words('containers ls -q'),
      words('leases ls -q'),
    ])
    // A pid file that cannot be written leaves a task that was made and never started.
    for (const each of both) {
      const id = `flags-${runs - 1}`
      expect(await taskStatus(each, id)).toBe('CREATED')
      expect(await each.ctr('tasks', 'rm', '-f', id)).toMatchObject({ exitCode: 0 })
      await good(each, 'containers', 'rm', id)
    }
  })

  it('run: what the shim or the runtime lacks is named, in the words of 2.x where they differ', async () => {
    const run = ['run', '--rm'] as const
    const rest = [imageName, 'lacking', 'true'] as const
    for (const each of both) {
      await bad(
        each,
        /failed to start shim: .*"containerd-shim-nosuch-v2": file does not exist/,
        ...run,
        '--runtime',
        'io.containerd.nosuch.v2',
        ...rest,
      )
      await bad(
        each,
        /invalid runtime name nosuch, correct runtime name should be/,
        ...run,
        '--runtime',
        'nosuch',
        ...rest,
      )
      await bad(
        each,
        /failed to create shim task: OCI runtime create failed: .*\/nosuch\/runc/,
        ...run,
        '--runc-binary',
        '/nosuch/runc',
        ...rest,
      )
      await bad(each, /failed to create shim task: .*\/nosuch/s, ...run, '--log-uri', 'binary:///nosuch', ...rest)
      expect(await taskStatus(each, 'lacking')).toBeUndefined()
    }
  })

  it('leaves nothing behind', async () => {
    await expectClean(daemon)
  })
})

describe.skipIf(!interopGate.open)(
  'ctr shim with our shim, beside the Go shim',
  proves({ client: 'Go ctr', daemon: 'Go', shim: 'ours' }),
  () => {
    it('state, further processes, deletion; and what is not there', async () => {
      await using world = await openWorld()
      const both = [
        world.use(await startPaired({ daemon: 'Go', shim: 'ours' }, ownNamespace('ours-below-go'))),
        world.use(await startPaired({ daemon: 'Go', shim: 'Go' }, ownNamespace('theirs'))),
      ] as const
      const spec = world.temp.join('process.json')
      const user = { uid: 0, gid: 0 }
      await writeFile(spec, JSON.stringify({ args: ['/bin/sleep', '1000'], cwd: '/', env: ['PATH=/bin'], user }))
      for (const each of both) {
        await good(each, 'images', 'import', world.archive)
        await good(each, 'run', '-d', imageName, 'direct', 'sleep', '1000')
      }
      const expectSame = (...script: readonly string[]) => expectSameWords(both, script.map(words))
      await expectSame('shim --id nosuch state', `shim --id direct exec --spec ${spec} more`, 'shim --id direct delete')
      const states = await Promise.all(both.map((each) => good(each, 'shim', '--id', 'direct', 'state')))
      const [ours, theirs] = states.map((text) =>
        text
          .replaceAll(/"pid": \d+/g, '"pid": N')
          .replaceAll(/\/tmp\/ctd-\w+/g, 'DIR')
          .replaceAll(/fifo\/\d+/g, 'fifo/N')
          .replaceAll(/ours-below-go-|theirs-/g, 'N-'),
      )
      expect(ours).toBe(theirs)
      for (const each of both) {
        await each.ctr('tasks', 'kill', '-a', '-s', 'KILL', 'direct')
        await eventually('end', async () => (await taskStatus(each, 'direct')) === 'STOPPED')
        await removeContainer(each, 'direct')
      }
    })
  },
)
