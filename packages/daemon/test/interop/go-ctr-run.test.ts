// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises'
import {
  busyboxRootfs,
  eventually,
  runCommand,
  pairingName,
  proves,
  sideBySide,
  startPaired,
} from '@containerd-ts/testkit'
import type { Pairing, TestDaemon } from '@containerd-ts/testkit'
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
  removeContainer,
  row,
  taskStatus,
} from '../world.ts'
import type { World } from '../world.ts'

for (const [mine, theirs] of sideBySide) {
  const cells = [mine, theirs].map((pairing) => ({ client: 'Go ctr' as const, ...pairing }))
  describe.skipIf(!interopGate.open)(
    `containers with Go ctr: ${pairingName(mine)}, beside ${pairingName(theirs)}`,
    proves(...cells),
    () => {
      containerScenarios(mine, theirs)
    },
  )
}

function containerScenarios(mine: Pairing, theirs: Pairing): void {
  let world: World
  let daemon: TestDaemon
  let both: readonly [TestDaemon, TestDaemon]
  const expectSame = (...script: readonly string[]) =>
    expectSameWords(
      both,
      script.map((line) => line.split(' ')),
    )
  const run = (id: string, ...args: readonly string[]) => daemon.ctr('run', '--rm', imageName, id, ...args)

  beforeAll(async () => {
    world = await openWorld({ shim: mine.shim === 'ours' ? 'ours' : 'go' })
    daemon = world.daemon
    both = [daemon, world.use(await startPaired(theirs, ownNamespace('theirs')))]
    for (const each of both) await good(each, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('shows what a container prints, apart from its errors', async () => {
    const said = await run('print', 'sh', '-c', 'echo out; echo err >&2; sleep 0.2')
    expect(said).toMatchObject({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' })
  })

  it('exits with the status of the container', async () => {
    expect(await run('status-0', 'true')).toMatchObject({ exitCode: 0 })
    expect(await run('status-7', 'sh', '-c', 'exit 7')).toMatchObject({ exitCode: 7, stderr: '' })
    await good(daemon, 'run', '-d', imageName, 'status-137', 'sleep', '1000')
    const attached = daemon.ctr('tasks', 'attach', 'status-137')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await good(daemon, 'tasks', 'kill', '-s', 'KILL', 'status-137')
    expect(await attached).toMatchObject({ exitCode: 137 })
    await removeContainer(daemon, 'status-137')
  })

  it('feeds standard input', async () => {
    const { program, args } = daemon.ctrCommand('go', 'run', '--rm', imageName, 'input', 'wc', '-l')
    // Go's ctr misses an end of input that comes before the task is made.
    const late = ['-c', '(sleep 1; printf "one\\ntwo\\n"; sleep 1) | "$0" "$@"', program, ...args]
    expect(await runCommand('sh', late, { env: daemon.env, timeoutMs: 20_000 })).toMatchObject({
      exitCode: 0,
      stdout: '2\n',
    })
  })

  it('carries much output, whole', async () => {
    const said = await run(
      'much',
      'sh',
      '-c',
      'i=0; while [ $i -lt 20000 ]; do echo line $i of many; i=$((i+1)); done; sleep 0.2',
    )
    expect(said.stdout.split('\n')).toHaveLength(20_001)
  })

  it('sets up environment, directory, user and mounts as the image and the flags say', async () => {
    await expectSame(
      `run --rm --env A=b --cwd /tmp ${imageName} env-1 env`,
      `run --rm --user user ${imageName} user-1 id`,
      `run --rm --user 1000:2000 ${imageName} user-2 id`,
      `run --rm --user nosuch ${imageName} user-3 id`,
      `run --rm --mount type=bind,src=${world.image.dir},dst=/mnt,options=rbind:ro ${imageName} mount-1 ls /mnt`,
      `run --rm --read-only ${imageName} ro-1 touch /x`,
      `run --rm --privileged ${imageName} priv-1 grep Cap /proc/self/status`,
      `run --rm ${imageName} caps-1 grep -E Cap|Seccomp|NoNew /proc/self/status`,
      `run --rm --hostname box ${imageName} host-1 hostname`,
      `run --rm --memory-limit 33554432 ${imageName} mem-1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes`,
      `run --rm ${imageName} mounts-1 cut -d\x20 -f3 /proc/mounts`,
    )
  })

  it('says the same as the Go daemon of what cannot run', async () => {
    await expectSame(
      `run --rm ${imageName} bad-1 /nosuch`,
      `run --rm ${imageName} bad-2 nosuch`,
      `run --rm nosuch bad-3 true`,
      `run --rm -d ${imageName} bad-4 true`,
      `run --rm --snapshotter nosuch ${imageName} bad-5 true`,
      'containers ls',
      'tasks ls',
    )
    await bad(
      daemon,
      /container\.ID: identifier "bad\/id" must match .*: invalid argument/,
      'run',
      imageName,
      'bad/id',
      'true',
    )
    await expectClean(daemon)
  })

  it('keeps the container record as the client wrote it', async () => {
    await expectSame(
      `containers create --label one=1 --env A=b ${imageName} record sleep 100`,
      'containers ls',
      'containers ls -q labels.one==1',
      'containers label record one= two=2',
      'containers rm record record',
      'containers info record',
    )
  })

  it('starts, lists, pauses, resumes, kills and deletes a task', async () => {
    await expectSame(
      `run -d ${imageName} task sleep 1000`,
      'tasks ls',
      'tasks pause task',
      'tasks ls',
      'tasks resume task',
      'tasks ls -q',
      'tasks rm task',
      'containers rm task',
      'tasks kill -s NOSUCH task',
      'tasks kill -s SIGUSR1 nosuch',
      'tasks start task',
      'tasks kill -s KILL task',
    )
    for (const each of both) await eventually('end', async () => (await taskStatus(each, 'task')) === 'STOPPED')
    await expectSame('tasks ls', 'tasks kill task', 'tasks rm task', 'tasks rm task', 'tasks start -d task', 'tasks ls')
    await expectSame('tasks rm -f task', 'containers rm task', 'tasks attach task', 'tasks start task')
  })

  it('runs further processes in a task', async () => {
    await expectSame(
      `run -d ${imageName} exec sleep 1000`,
      'tasks exec --exec-id a exec sh -c echo\x20$0;sleep\x200.2 hello',
      'tasks exec --exec-id b exec false',
      'tasks exec --exec-id c exec /nosuch',
      'tasks exec --exec-id d --cwd /tmp exec pwd',
      'tasks exec --exec-id e --user user exec id',
      'tasks exec --exec-id f nosuch true',
      'tasks exec --exec-id g -d exec sleep 1000',
    )
    const pids = (await good(daemon, 'tasks', 'ps', 'exec')).split('\n')
    expect(pids).toContainEqual(expect.stringMatching(/^\d+ +&ProcessDetails\{ExecID:g,/))
    await expectSame('tasks kill --exec-id g -s KILL exec', 'tasks rm -f --exec-id g exec')
    for (const each of both) await removeContainer(each, 'exec')
  })

  it('measures a task', async () => {
    await good(daemon, 'run', '-d', imageName, 'metrics', 'sleep', '1000')
    const table = await good(daemon, 'tasks', 'metrics', 'metrics')
    expect(row(table, 'pids.current')).toEqual(['pids.current', '1'])
    expect(Number(row(table, 'memory.usage_in_bytes')?.[1])).toBeGreaterThan(50_000)
    const json = JSON.parse(await good(daemon, 'tasks', 'metrics', '--format', 'json', 'metrics')) as {
      pids: { current: number }
    }
    expect(json.pids.current).toBe(1)
    await removeContainer(daemon, 'metrics')
  })

  it('attaches to a task that was started detached', async () => {
    await good(daemon, 'containers', 'create', imageName, 'attach', 'sh')
    const started = daemon.ctrWith({ input: 'echo got it; sleep 0.2; exit 3\n' }, 'tasks', 'start', 'attach')
    expect(await started).toMatchObject({ exitCode: 3, stdout: 'got it\n' })
    await good(daemon, 'containers', 'rm', 'attach')
  })

  it('gives a terminal', async () => {
    const inside = daemon.ctrCommand(
      'go',
      'run',
      '--rm',
      '-t',
      imageName,
      'terminal',
      'sh',
      '-c',
      'tty; sleep 0.5; stty size; exit 5',
    )
    const line = [inside.program, ...inside.args].map((word) => `'${word}'`).join(' ')
    const said = await runCommand('script', ['-qec', `stty rows 31 cols 97; ${line}`, '/dev/null'], {
      env: daemon.env,
      timeoutMs: 20_000,
    })
    expect(said.stdout.replaceAll('\r', '')).toContain('/dev/pts/0\n31 97\n')
    expect(said.exitCode).toBe(5)
  })

  it('writes a log file and a pid file when told to', async () => {
    const [log, pid] = [world.temp.join('out.log'), world.temp.join('pid')]
    await good(
      daemon,
      'run',
      '-d',
      '--log-uri',
      `file://${log}`,
      '--pid-file',
      pid,
      imageName,
      'logged',
      'sh',
      '-c',
      'echo logged; sleep 1000',
    )
    await eventually('the line in the log', async () => (await readFile(log, 'utf8')) === 'logged\n')
    expect(row(await good(daemon, 'tasks', 'ls'), 'logged')?.[1]).toBe(await readFile(pid, 'utf8'))
    await removeContainer(daemon, 'logged')
  })

  it('runs from a directory in place of an image, and from a configuration', async () => {
    const spec = JSON.parse(await good(daemon, 'oci', 'spec')) as {
      process: { args: string[] }
      root: { path: string }
    }
    const rootfs = world.temp.join('rootfs')
    await busyboxRootfs(rootfs)
    await expectSame(`run --rm --rootfs ${rootfs} rootfs-1 cat /etc/group`)
    spec.process.args = ['echo', 'configured']
    spec.root.path = rootfs
    await writeFile(world.temp.join('config.json'), JSON.stringify(spec))
    await expectSame(
      `run --rm --config ${world.temp.join('config.json')} config-1`,
      'run --rm --rootfs /nosuch nosuch-1 true',
    )
  })

  it('leaves nothing behind', async () => {
    await expectClean(daemon)
  })
}
