// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { busyboxRootfs, eventually, hasBinary } from '@containerd-ts/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { expectBad, expectClean, imageName } from './world.ts'
import type { World } from './world.ts'

/** What `run` promises, whatever daemon serves. */
export function runScenarios(world: () => World): void {
  const run = (...args: readonly string[]) => world().ctr('run', '--rm', ...args)

  describe('run', () => {
    afterEach(() => expectClean(world()))

    it('keeps output and errors apart and exits with the status of the container', async () => {
      const said = await run(imageName, 'status', 'sh', '-c', 'echo out; echo err >&2; exit 7')
      expect(said).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
    })

    it('exits with 128 and the signal that ended the container', async () => {
      const said = await run(imageName, 'signalled', 'sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?')
      expect(said).toMatchObject({ exitCode: 137 })
    })

    it('feeds standard input up to its end', async () => {
      const said = await world().feed('one\ntwo\n', 'run', '--rm', imageName, 'input', 'wc', '-l')
      expect(said).toMatchObject({ exitCode: 0, stdout: '2\n' })
    })

    it('loses no byte of a large output', async () => {
      const said = await run(imageName, 'large', 'sh', '-c', 'dd if=/dev/zero bs=1M count=24 2>/dev/null; echo end')
      expect(said.stdoutBytes.length).toBe(24 * 1024 * 1024 + 4)
      expect(said.stdoutBytes.subarray(-4).toString()).toBe('end\n')
    })

    it('takes environment, directory and user from the image and from flags', async () => {
      const flags = ['--env', 'OWN=2', '--cwd', '/tmp', '--user', 'user']
      const script = 'echo $FROM_IMAGE $OWN $PWD $(id -u) $(id -g) $(id -G)'
      expect((await run(...flags, imageName, 'process', 'sh', '-c', script)).stdout).toBe(
        '1 2 /tmp 1000 1000 1000 2000\n',
      )
    })

    it('mounts what it is told, read-only where asked', async () => {
      const dir = world().temp.join('shared')
      await mkdir(dir)
      await writeFile(`${dir}/file`, 'from the host\n')
      const mount = `type=bind,src=${dir},dst=/mnt,options=rbind:ro`
      const said = await run('--mount', mount, imageName, 'mounts', 'sh', '-c', 'cat /mnt/file; touch /mnt/x; echo $?')
      expect(said.stdout).toBe('from the host\n1\n')
    })

    it('limits and frees as told: limits, capabilities, host network, read-only root', async () => {
      const flags = [
        '--rlimit-nofile',
        '64:128',
        '--read-only',
        '--net-host',
        '--hostname',
        'own',
        '--cap-drop',
        'CAP_KILL',
      ]
      const script =
        'ulimit -n; touch /x 2>/dev/null || echo readonly; hostname; grep CapBnd /proc/self/status; ls /sys/class/net | grep -c lo'
      const said = await run(...flags, imageName, 'limits', 'sh', '-c', script)
      expect(said.stdout).toMatch(/^64\nreadonly\nown\nCapBnd:\s+[0-9a-f]+\n1\n$/)
      expect(Number.parseInt(/CapBnd:\s+(\w+)/.exec(said.stdout)?.[1] ?? '', 16) & 0x20).toBe(0)
    })

    it('forwards signals and stays until the container has answered', async () => {
      const ctr = world().start('run', '--rm', imageName, 'forward', 'sh', '-c', trapping('TERM', 'exit 21'))
      await eventually('container is ready', () => ctr.output().includes('ready'))
      ctr.kill('SIGTERM')
      expect(await ctr.exited, ctr.output()).toBe(21)
      expect(ctr.output()).toContain('got TERM')
    })

    it('stays with its container when the daemon is killed and comes back', async () => {
      const script = 'echo ready; read x; echo "$x"; sleep 1000'
      const ctr = world().start('run', '--rm', imageName, 'survivor', 'sh', '-c', script)
      await eventually('container is ready', () => ctr.output().includes('ready'))
      await world().daemon.restart()
      await world().good('tasks', 'kill', '-s', 'KILL', 'survivor')
      expect(await ctr.exited, ctr.output()).toBe(137)
    })

    it('writes the pid file before the process runs', async () => {
      const file = world().temp.join('pid')
      await run('--pid-file', file, imageName, 'pid-file', 'true')
      expect(Number(await readFile(file, 'utf8'))).toBeGreaterThan(1)
    })

    it('sends output to a log file, or nowhere', async () => {
      const log = world().temp.join('log')
      expect(
        await run('--log-uri', `file://${log}`, imageName, 'logged', 'sh', '-c', 'echo logged; exit 3'),
      ).toMatchObject({
        exitCode: 3,
        stdout: '',
      })
      await eventually('log is written', async () => (await readFile(log, 'utf8')) === 'logged\n')
      expect(await run('--null-io', imageName, 'silent', 'sh', '-c', 'exit 4')).toMatchObject({
        exitCode: 4,
        stdout: '',
      })
    })

    it('runs a directory, and a spec of its own', async () => {
      const rootfs = world().temp.join('rootfs')
      await busyboxRootfs(rootfs)
      expect((await run('--rootfs', rootfs, 'directory', '/bin/echo', 'from a directory')).stdout).toBe(
        'from a directory\n',
      )
      const spec = JSON.parse(await world().good('oci', 'spec')) as {
        process: Record<string, unknown>
        root: object
        linux: Record<string, unknown>
      }
      spec.process['args'] = ['/bin/echo', 'from a spec']
      spec.root = { path: rootfs }
      spec.linux['cgroupsPath'] = '/default/own-spec'
      const file = world().temp.join('spec.json')
      await writeFile(file, JSON.stringify(spec))
      expect((await run('--config', file, 'own-spec')).stdout).toBe('from a spec\n')
    })

    it('leaves nothing of a command that the image does not have', async () => {
      await expectBad(world(), /no such file or directory/, 'run', imageName, 'absent', '/nonexistent')
    })

    it('leaves a container that has the name alone', async () => {
      await world().good('containers', 'create', imageName, 'taken', 'sh')
      await expectBad(world(), /already exists/, 'run', imageName, 'taken', 'true')
      expect(await world().good('containers', 'ls', '-q')).toBe('taken\n')
      await world().good('containers', 'rm', 'taken')
    })

    it('says what a full image name looks like', async () => {
      await expectBad(world(), /docker\.io\/library\/busybox:latest/, 'run', 'busybox', 'short', 'true')
    })

    it('undoes everything when it is interrupted, whenever that is', async () => {
      for (let delayMs = 100; delayMs <= 1900; delayMs += 300) {
        const ctr = world().start('run', '--rm', imageName, 'interrupted', 'sh', '-c', trapping('INT', 'exit 0'))
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        ctr.kill('SIGINT')
        // A container that had no time to set its trap does not end by SIGINT.
        const nudge = setInterval(() => ctr.kill('SIGINT'), 1000)
        await ctr.exited
        clearInterval(nudge)
        await expectClean(world())
      }
    })

    it('ends with its time limit and takes the container along', async () => {
      const said = await world().ctr('--timeout', '4s', 'run', '--rm', imageName, 'timed', 'sleep', '100')
      expect(said).toMatchObject({ exitCode: 1 })
      expect(said.stderr).toMatch(/--timeout/)
    })

    it.skipIf(!hasBinary('script').open)('gives a terminal with its size, its keys and its end', async () => {
      const said = await world().onTerminal(
        `stty rows 33 cols 77; ctr run --rm -t ${imageName} tty sh -c 'stty size; tty; echo $TERM; read x; echo "<$x>"; exit 9'; echo "status $?"; stty -a | grep -c ' icanon'`,
        'typed\r',
      )
      const text = said.stdout.replaceAll('\r', '')
      expect(text).toMatch(/33 77\n\/dev\/pts\/0\nxterm\n/)
      expect(text).toContain('<typed>')
      expect(text).toContain('status 9')
      expect(text.trimEnd().endsWith('1')).toBe(true)
    })

    it.skipIf(!hasBinary('script').open)(
      'gives the terminal back and takes the container along when it is told to end',
      async () => {
        const said = await world().onTerminal(
          `timeout --foreground -s TERM 4 $CTR run --rm -t ${imageName} ended sleep 1000; echo "status $?"; stty -a | grep -c ' icanon'`,
        )
        expect(said.stdout).toContain('status 124')
        expect(said.stdout.replaceAll('\r', '').trimEnd().endsWith('1')).toBe(true)
      },
    )

    it.skipIf(!hasBinary('script').open)('passes on a change of the window', async () => {
      const script = `stty rows 44; (sleep 4; stty cols 99 < /dev/tty) & ctr run --rm -t ${imageName} winch sh -c 'trap "stty size; exit 5" WINCH; echo ready; while :; do sleep 0.1; done'; echo "status $?"`
      const said = await world().onTerminal(script)
      expect(said.stdout).toContain('44 99')
      expect(said.stdout).toContain('status 5')
    })
  })
}

const trapping = (signal: string, then: string): string =>
  `trap "echo got ${signal}; ${then}" ${signal}; echo ready; while :; do sleep 0.05; done`
