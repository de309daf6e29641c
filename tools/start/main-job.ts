// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { eventually, mountsBelow, startProcess, startRegistry } from '@containerd-ts/testkit'
import type { ManagedProcess, TempRoot } from '@containerd-ts/testkit'
import { Ctr } from './ctr.ts'
import { pushBusybox } from './push-image.ts'
import { show } from './steps.ts'
import type { Steps } from './steps.ts'

const namespace = `start-${process.pid}`
const greeting = 'hello from a container run by containerd-ts'
const exitCode = 7
const killedCode = 137

export interface MainJob {
  readonly binDirectory: string
  /** Everything happens below it. */
  readonly temp: TempRoot
  readonly steps: Steps
}

/** Registry, image, daemon, pull, run, exec, kill, clean-up. What it starts it stops. */
export async function mainJob({ binDirectory, temp, steps }: MainJob): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const registry = await steps.run('start a registry on a free loopback port (docker-registry)', async () =>
    undo.use(await startRegistry()),
  )
  const ref = `${registry.host}/library/busybox:latest`
  await steps.run(`make an image of Debian's busybox and push it as ${ref}`, async () =>
    show(await pushBusybox(temp.join('image'), ref)),
  )

  const address = temp.join('containerd.sock')
  const ctr = new Ctr(binDirectory, address, namespace)
  const daemon = await steps.run('start containerd', async () => {
    const started = undo.use(await startDaemon(binDirectory, temp, address))
    show(`pid ${started.pid}, socket ${address}`)
    await eventually('containerd answers', async () => {
      if (!started.isRunning()) throw new Error(`it ended:\n${started.log()}`)
      return (await ctr.try('version')).exitCode === 0
    })
    return started
  })

  const fifos = ['--fifo-dir', temp.join('fifo')]
  const own = ['--runc-root', temp.join('runc'), ...fifos]
  await steps.run('pull the image back', () => ctr.run('images', 'pull', '--plain-http', ref))
  await steps.run('list what came', () => ctr.run('images', 'ls'))
  await steps.run('run it', async () => {
    const output = await ctr.run('run', '--rm', ...own, ref, 'hello', 'echo', greeting)
    if (!output.includes(greeting)) throw new Error(`the container printed ${JSON.stringify(output)}`)
  })
  await steps.run('see the exit code of a container', async () => {
    const result = await ctr.try('run', '--rm', ...own, ref, 'seven', 'sh', '-c', `exit ${exitCode}`)
    show(`exit code ${result.exitCode}`)
    if (result.exitCode !== exitCode) throw new Error(`expected ${exitCode}: ${result.stderr}`)
  })
  await steps.run('run one in the background, and exec into it', async () => {
    await ctr.run('run', '--detach', ...own, ref, 'sleeper', 'sleep', '600')
    await ctr.run('tasks', 'ls')
    const output = await ctr.run('tasks', 'exec', '--exec-id', 'look', ...fifos, 'sleeper', 'ps')
    if (!output.includes('sleep 600')) throw new Error("the exec did not see the container's process")
  })
  await steps.run('kill it and see how it ended', async () => {
    await ctr.run('tasks', 'kill', '--signal', 'SIGKILL', 'sleeper')
    await eventually('the task has stopped', async () => (await ctr.try('tasks', 'ls')).stdout.includes('STOPPED'))
    const { stderr } = await ctr.try('tasks', 'rm', 'sleeper')
    if (!stderr.includes(String(killedCode))) throw new Error(`expected exit code ${killedCode}: ${stderr}`)
    show(`exit code ${killedCode}`)
  })
  await steps.run('remove everything', async () => {
    await ctr.run('containers', 'rm', 'sleeper')
    await ctr.run('images', 'rm', '--sync', ref)
    await ctr.run('namespaces', 'rm', '--cgroup', namespace)
    await daemon.stop()
    const left = mountsBelow(temp.path)
    if (left.length > 0) throw new Error(`still mounted: ${left.map(({ path }) => path).join(', ')}`)
  })
}

async function startDaemon(binDirectory: string, temp: TempRoot, address: string): Promise<ManagedProcess> {
  return await startProcess({
    program: join(binDirectory, 'containerd'),
    args: ['--root', temp.join('root'), '--state', temp.join('state'), '--address', address, '--log-level', 'debug'],
    env: { ...process.env, PATH: `${binDirectory}:${process.env['PATH'] ?? ''}` },
    logPath: temp.join('containerd.log'),
  })
}
