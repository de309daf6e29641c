// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises'
import { eventually, gate, pairingName, proves, runCommand, sideBySide, startPaired } from '@containerd-ts/testkit'
import type { Pairing } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  docker,
  dockerGate,
  dockerGood,
  expectNoContainers,
  expectSameDocker,
  openDockerWorld,
  wordsOf,
} from '../docker-world.ts'
import type { DockerWorld } from '../docker-world.ts'

const image = 'test/busybox'

for (const [mine, theirs] of sideBySide) {
  const cells = [mine, theirs].map((pairing) => ({ client: 'Docker' as const, ...pairing }))
  describe.skipIf(!dockerGate.open)(
    `Docker on ${pairingName(mine)}, beside ${pairingName(theirs)}`,
    proves(...cells),
    () => {
      dockerScenarios(mine, theirs)
    },
  )
}

function dockerScenarios(mine: Pairing, theirs: Pairing): void {
  let ours: DockerWorld
  let both: readonly DockerWorld[]
  const expectSame = (...script: readonly string[]) => expectSameDocker(both, script)
  const expectSameWithInput = (input: string, ...script: readonly string[]) => expectSameDocker(both, script, { input })
  const onBoth = async (work: (world: DockerWorld) => Promise<unknown>) => {
    await Promise.all(both.map(work))
  }
  const expectBoth = (line: string, said: string) =>
    onBoth((world) =>
      eventually(`${said} from ${line}`, async () => (await dockerGood(world, line)) === said, { timeoutMs: 20_000 }),
    )

  beforeAll(async () => {
    ours = await openDockerWorld(() => startPaired(mine))
    both = [ours, await openDockerWorld(() => startPaired(theirs))]
  })
  afterAll(async () => {
    for (const world of both ?? [ours]) await world?.[Symbol.asyncDispose]()
  })

  it('takes our daemon for a containerd', async () => {
    expect(await dockerGood(ours, "version -f '{{json .Server.Components}}'")).toMatch(
      /"containerd","Version":"2\.3\.\d+\+ts\./,
    )
    await expectSame(
      "info -f '{{.Driver}} {{.CgroupDriver}} {{.DefaultRuntime}} {{.Images}} {{.InitBinary}}'",
      "images --format '{{.Repository}} {{.ID}}'",
    )
  })

  it('runs to the end: output, input, exit codes', async () => {
    await expectSame(
      `run --rm ${image} echo hello`,
      `run --rm ${image} sh -c 'exit 7'`,
      `run --rm ${image} sh -c 'kill -9 $$'`,
      `run --rm ${image} /nosuch`,
      `run --rm nosuch true`,
    )
    await expectSameWithInput('one\ntwo\n', `run --rm -i ${image} wc -l`)
    await expectSame(`create -i --name made ${image} sh -c 'read x; echo got $x; exit 6'`)
    await expectSameWithInput('line\n', 'start -ai made')
    await expectSame('rm made')
  })

  it('sets a container up as the flags say', async () => {
    await onBoth((world) => writeFile(world.temp.join('mounted'), 'of the host\n'))
    await expectSame(
      `run --rm -w /etc -u user -e A=b ${image} sh -c 'id; pwd; echo $A'`,
      `run --rm --memory 33554432 ${image} cat /sys/fs/cgroup/memory/memory.limit_in_bytes`,
      `run --rm --read-only ${image} touch /x`,
      `run --rm --init ${image} sh -c 'cat /proc/1/comm'`,
      `run --rm ${image} grep -E 'Cap|Seccomp|NoNew' /proc/self/status`,
      `run --rm --cap-drop ALL --security-opt no-new-privileges ${image} grep -E 'Cap|NoNew' /proc/self/status`,
      `run --rm --ulimit nofile=100 --tmpfs /x --hostname box ${image} sh -c 'ulimit -n; hostname; grep -c " /x tmpfs" /proc/mounts'`,
    )
    await onBoth(async (world) => {
      expect(await dockerGood(world, `run --rm -v ${world.temp.join('mounted')}:/m:ro ${image} cat /m`)).toBe(
        'of the host',
      )
    })
  })

  it('runs in the background, with further processes, and is killed', async () => {
    await expectSame(
      `run -d --name c1 ${image} sh -c 'echo started; while :; do sleep 0.1; done'`,
      "ps --format '{{.Names}} {{.Image}} {{.Command}}'",
      'exec c1 echo in',
      "exec c1 sh -c 'exit 3'",
      'exec c1 /nosuch',
      "exec -u user -w /tmp -e X=y c1 sh -c 'id; pwd; echo $X'",
      'exec -d c1 sleep 77',
      'logs c1',
    )
    await expectSameWithInput('words', 'exec -i c1 cat')
    await expectBoth("exec c1 sh -c 'grep -l ^sleep.77 /proc/[0-9]*/cmdline | wc -l'", '1')
    await onBoth(async (world) => {
      expect(await dockerGood(world, 'top c1 -o pid,args')).toContain('sleep 77')
      expect(await dockerGood(world, "stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' c1")).toMatch(
        /^c1 [234] [1-9]/,
      )
    })
    await expectSame(
      'pause c1',
      "inspect -f '{{.State.Status}}' c1",
      'exec c1 true',
      'unpause c1',
      'exec c1 true',
      'update --memory 67108864 --memory-swap 67108864 c1',
      'exec c1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
      'kill -s USR1 c1',
      "inspect -f '{{.State.Running}}' c1",
      'rm c1',
      'kill c1',
      'wait c1',
      "inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' c1",
      'start c1',
      'exec c1 echo again',
      'stop -t 1 c1',
      "inspect -f '{{.State.Status}} {{.State.ExitCode}}' c1",
      'restart -t 1 c1',
      'exec c1 echo and again',
      'rm -f c1',
    )
  })

  it('gives terminals', async () => {
    await expectSame(`run -d --name tty ${image} sleep 1000`)
    await onBoth(async (world) => {
      const inTerminal = async (line: string) => {
        const words = wordsOf(line).map((word) => `'${word}'`)
        const command = `stty rows 31 cols 97; docker ${words.join(' ')}`
        const said = await runCommand('script', ['-qec', command, '/dev/null'], {
          env: world.engine.env,
          timeoutMs: 20_000,
        })
        return { exitCode: said.exitCode, stdout: said.stdout.replaceAll(/\^@|[\r\0]/g, '') }
      }
      // The client tells the size after the start; `script` puts ^@ before all, for its input has ended.
      const shown = { exitCode: 5, stdout: '/dev/pts/0\n31 97\n' }
      expect(await inTerminal("exec -it tty sh -c 'sleep 1; tty; stty size; exit 5'")).toEqual(shown)
      expect(await inTerminal(`run --rm -it ${image} sh -c 'sleep 1; tty; stty size; exit 5'`)).toEqual(shown)
    })
    await expectSame('rm -f tty')
  })

  it('copies files both ways and commits', async () => {
    await expectSame(`run -d --name files ${image} sleep 1000`)
    await onBoth(async (world) => {
      const [to, from] = [world.temp.join('to'), world.temp.join('from')]
      await writeFile(to, 'content\n')
      await dockerGood(world, `cp ${to} files:/tmp/f`)
      await dockerGood(world, `cp files:/tmp/f ${from}`)
      expect(await readFile(from, 'utf8')).toBe('content\n')
    })
    await expectSame('diff files', 'rm -f files', `run --name changed ${image} sh -c 'echo more > /tmp/f'`)
    await onBoth(async (world) => {
      expect(await dockerGood(world, 'commit changed test/committed')).toMatch(/^sha256:/)
    })
    await expectSame('run --rm test/committed cat /tmp/f', 'rm changed')
    await onBoth(async (world) => {
      expect(await dockerGood(world, 'rmi test/committed')).toMatch(
        /^Untagged: test\/committed:latest\nDeleted: sha256:/,
      )
    })
  })

  it('restarts by policy', async () => {
    await expectSame(`run -d --name fail --restart on-failure:2 ${image} sh -c 'echo try; exit 4'`)
    await expectBoth("inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' fail", 'exited 4 2')
    await expectSame('logs fail', 'rm fail', `run -d --name always --restart always ${image} sleep 1000`)
    await onBoth(async (world) => {
      process.kill(Number(await dockerGood(world, "inspect -f '{{.State.Pid}}' always")), 'SIGKILL')
    })
    await expectBoth("inspect -f '{{.State.Status}} {{.RestartCount}}' always", 'running 1')
    await expectSame('kill always')
    await expectBoth("inspect -f '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}' always", 'exited 1 137')
    await expectSame('rm always')
  })

  it('checks health', async () => {
    const check = "--health-cmd 'test -e /tmp/ok' --health-interval 300ms --health-retries 1"
    await expectSame(`run -d --name health ${check} ${image} sleep 1000`)
    await expectBoth("inspect -f '{{.State.Health.Status}}' health", 'unhealthy')
    await expectSame('exec health touch /tmp/ok')
    await expectBoth("inspect -f '{{.State.Health.Status}}' health", 'healthy')
    await expectSame('rm -f health')
  })

  // On the Go daemon, and from the Go shim, the event can come too late for Docker: nothing to compare with.
  const tellsOomInTime = gate(mine.shim === 'ours', 'needs a shim whose OOM event comes before the exit')
  it.skipIf(!tellsOomInTime.open)('tells of a container that ran out of memory', async () => {
    for (const name of ['oom-1', 'oom-2', 'oom-3']) {
      const hog = "sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=60'"
      expect(await docker(ours, `run --name ${name} --memory 16m --memory-swap 16m ${image} ${hog}`)).toMatchObject({
        exitCode: 137,
      })
      expect(await dockerGood(ours, `inspect -f '{{.State.OOMKilled}}' ${name}`)).toBe('true')
      await dockerGood(ours, `rm ${name}`)
    }
  })

  it('shares namespaces between containers', async () => {
    await expectSame(
      `run -d --name sharer --ipc shareable ${image} sh -c 'echo shared > /dev/shm/x; sleep 1000'`,
      `run --rm --pid container:sharer ${image} sh -c 'grep -c sleep /proc/1/cmdline /proc/[0-9]/cmdline | head -1'`,
      `run --rm --ipc container:sharer ${image} cat /dev/shm/x`,
      'rm -f sharer',
    )
  })

  it('runs many processes of one container at once', async () => {
    await dockerGood(ours, `run -d --name many ${image} sleep 1000`)
    const said = await Promise.all(
      Array.from({ length: 10 }, (_, i) => docker(ours, `exec many sh -c 'echo ${i}; exit ${i}'`)),
    )
    expect(said.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(said.map((_, i) => [`${i}\n`, i]))
    await dockerGood(ours, 'rm -f many')
  })

  it('leaves nothing behind', async () => {
    for (const world of both) await expectNoContainers(world)
  })
}
