// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import {
  allOf,
  busyboxEntries,
  dockerArchive,
  eventually,
  hasDocker,
  makeImage,
  startDockerd,
  tempRoot,
} from '@containerd-ts/testkit'
import type { CommandResult, DockerDaemon, RunOptions, TempRoot, TestDaemon } from '@containerd-ts/testkit'
import { expect } from 'vitest'
import { interopGate, lines } from './world.ts'

export const dockerGate = allOf(interopGate, hasDocker())

/** A containerd, Docker's engine on it, and the image `test/busybox` loaded. */
export interface DockerWorld extends AsyncDisposable {
  readonly temp: TempRoot
  readonly daemon: TestDaemon
  readonly engine: DockerDaemon
}

export async function openDockerWorld(startContainerd: () => Promise<TestDaemon>): Promise<DockerWorld> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-world-'))
  const layers = [await busyboxEntries()]
  const image = await makeImage(temp.join('image'), { layers, compression: 'none', docker: true })
  const archive = temp.join('image.tar')
  await writeFile(archive, await dockerArchive(image, ['test/busybox:latest']))
  const daemon = undo.use(await startContainerd())
  const engine = undo.use(await startDockerd(daemon))
  expect(await engine.docker('load', '-i', archive)).toMatchObject({ stdout: 'Loaded image: test/busybox:latest\n' })
  const owned = undo.move()
  return { temp, daemon, engine, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** A command line of `docker` in words; quotes hold blanks together. Containers get no network. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/^(run|create)\b/, '$1 --network none').matchAll(/'([^']*)'|\S+/g)].map(
    ([word, quoted]) => quoted ?? word,
  )

export const docker = (world: DockerWorld, line: string, options: RunOptions = {}): Promise<CommandResult> =>
  world.engine.dockerWith({ timeoutMs: 40_000, ...options }, ...wordsOf(line))

/** It must succeed; what it printed, without the line end. */
export async function dockerGood(world: DockerWorld, line: string, options: RunOptions = {}): Promise<string> {
  const result = await docker(world, line, options)
  expect(result, `docker ${line}: ${result.stderr}`).toMatchObject({ exitCode: 0 })
  return result.stdout.trimEnd()
}

/** Docker's client says this when it hears of a failed start before it hears that the wait was given up. */
const lostRace = /^time=.*error waiting for container: context canceled.*\n/m

/** Runs the lines on both and expects the same words and the same exit status. */
export async function expectSameDocker(
  worlds: readonly DockerWorld[],
  script: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  const run = async (world: DockerWorld): Promise<readonly string[]> => {
    const said: string[] = []
    for (const line of script) {
      const { exitCode, stdout, stderr } = await docker(world, line, options)
      said.push(
        `$ docker ${line}\n${stdout}${stderr.replace(lostRace, '')}=> ${exitCode}`.replaceAll(
          /[0-9a-f]{64}|\/tmp\/ctd-[\w-]+/g,
          'ID',
        ),
      )
    }
    return said
  }
  const [mine, theirs] = await Promise.all(worlds.map(run))
  expect(mine).toEqual(theirs)
}

/** No container is left of what the tests did, neither with Docker nor below it. */
export async function expectNoContainers(world: DockerWorld): Promise<void> {
  await eventually('no containers', async () => {
    const left = [
      ...lines(await dockerGood(world, 'ps -aq')),
      ...lines((await world.daemon.ctr('-n', 'moby', 'containers', 'ls', '-q')).stdout),
      ...lines((await world.daemon.ctr('-n', 'moby', 'tasks', 'ls', '-q')).stdout),
      ...world.daemon.leftovers().filter((line) => !line.includes(`process ${world.engine.pid}:`)),
    ]
    if (left.length > 0) throw new Error(left.join('\n'))
    return true
  })
}
