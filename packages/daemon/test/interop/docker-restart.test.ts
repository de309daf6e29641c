// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, startDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docker, dockerGate, dockerGood, expectNoContainers, openDockerWorld } from '../docker-world.ts'
import type { DockerWorld } from '../docker-world.ts'
import { provesOurs } from '../world.ts'

const image = 'test/busybox'

describe.skipIf(!dockerGate.open)('Docker while our daemon is killed and started again', provesOurs('Docker'), () => {
  let world: DockerWorld
  const good = (line: string) => dockerGood(world, line)
  const state = (name: string) => good(`inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' ${name}`)
  const pidOf = async (name: string) => Number(await good(`inspect -f '{{.State.Pid}}' ${name}`))
  const untilState = (name: string, wanted: string) =>
    eventually(`${name} ${wanted}`, async () => (await state(name)) === wanted, { timeoutMs: 20_000 })

  beforeAll(async () => {
    world = await openDockerWorld(() => startDaemon())
  })
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
  })

  it('containers and attached processes go on, and exits meanwhile are noticed', async () => {
    await good(`run -d --name lives ${image} sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'`)
    await good(`run -d --name killed ${image} sleep 1000`)
    await good(`run -d --name policy --restart always ${image} sleep 1000`)
    await good(`run -d --name ends ${image} sh -c 'sleep 2; exit 9'`)
    const pid = await pidOf('lives')
    const during = docker(world, "exec lives sh -c 'sleep 1; echo during; exit 7'")
    const across = docker(world, "exec lives sh -c 'sleep 5; echo across; exit 8'")
    await eventually(
      'both processes',
      async () => (await good('top lives -o pid,args')).match(/sleep [15]$/gm)?.length === 2,
    )
    const linesBefore = (await good('logs lives')).split('\n').length
    const doomed = [await pidOf('killed'), await pidOf('policy')]

    await world.daemon.stop('SIGKILL')
    for (const each of doomed) process.kill(each, 'SIGKILL')
    await sleep(2_500)
    await world.daemon.start()

    await untilState('killed', 'exited 137 0')
    await untilState('policy', 'running 0 1')
    await untilState('ends', 'exited 9 0')
    expect(await during).toMatchObject({ exitCode: 7, stdout: 'during\n' })
    expect(await across).toMatchObject({ exitCode: 8, stdout: 'across\n' })
    expect(await pidOf('lives')).toBe(pid)
    expect((await good('logs lives')).split('\n').length).toBeGreaterThan(linesBefore + 20)
  })

  it('what went on is managed as before', async () => {
    expect(await good("ps --format '{{.Names}}'")).toBe('policy\nlives')
    expect(await good('exec lives echo in')).toBe('in')
    expect(await good("stats --no-stream --format '{{.Name}}' lives")).toBe('lives')
    await good('pause lives')
    await good('unpause lives')
    await good('start killed')
    await good('stop -t 1 lives')
    expect(await state('lives')).toBe('exited 137 0')
    await good('rm -f lives killed policy ends')
    expect(await good(`run --rm ${image} echo after`)).toBe('after')
  })

  it('a stop in good order changes nothing for containers either', async () => {
    await good(`run -d --name calm ${image} sleep 1000`)
    await world.daemon.restart('SIGTERM')
    await eventually('an exec', async () => (await docker(world, 'exec calm echo in')).stdout === 'in\n', {
      timeoutMs: 20_000,
    })
    expect(await state('calm')).toBe('running 0 0')
    await good('rm -f calm')
  })

  it('leaves nothing behind', async () => {
    await expectNoContainers(world)
  })
})
