// SPDX-License-Identifier: Apache-2.0
import { chmod, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { expectBad, expectClean, imageName } from './world.ts'
import type { World } from './world.ts'

/**
 * A runc that dumps and restores nothing: CRIU does not work on every kernel. A restored container is one that is
 * started anew, and says which dump it was given.
 */
const standIn = `#!/bin/sh
case " $* " in *" checkpoint "*|*" restore "*) ;; *) exec runc "$@" ;; esac
while [ $# -gt 0 ]; do
  case $1 in
    --root|--log|--log-format) globals="$globals $1 $2"; shift ;;
    checkpoint|restore) verb=$1 ;;
    --image-path) image=$2; shift ;;
    --bundle) bundle=$2; shift ;;
    --pid-file) pidfile=$2; shift ;;
    --work-path) shift ;;
    -*) ;;
    *) id=$1 ;;
  esac
  shift
done
if [ $verb = checkpoint ]; then echo dump-of-$id > $image/dump.img; exit; fi
cat $image/dump.img > $bundle/rootfs/restored-from
runc $globals create --bundle $bundle --pid-file $pidfile $id && runc $globals start $id
`

/** Containers that become images and come back. */
export function checkpointScenarios(world: () => World): void {
  const good = (...args: readonly string[]) => world().good(...args)

  describe('checkpoints', () => {
    it('store a container with what it wrote, and make another of it', async () => {
      const script = 'cat /written 2>/dev/null || { echo kept > /written; echo first; }'
      expect(await good('run', imageName, 'original', 'sh', '-c', script)).toBe('first\n')
      await good('containers', 'checkpoint', '--rw', '--image', 'original', 'localhost/cp:rw')
      await good('containers', 'rm', 'original')
      expect(await good('containers', 'restore', '--rw', 'copy', 'localhost/cp:rw')).toBe('kept\n')
      expect(JSON.parse(await good('containers', 'info', 'copy'))).toMatchObject({
        Image: imageName,
        Runtime: { Name: 'io.containerd.runc.v2' },
      })
      expect(await good('containers', 'restore', 'bare', 'localhost/cp:rw')).toBe('first\n')
      await expectBad(world(), /process in checkpoint/, 'containers', 'restore', '--live', 'none', 'localhost/cp:rw')
      await good('containers', 'rm', 'copy', 'bare')
      await good('images', 'rm', '--sync', 'localhost/cp:rw')
      await expectClean(world())
    })

    it('take a process along, and bring it back from its dump', async () => {
      const runc = world().temp.join('stand-in')
      await writeFile(runc, standIn)
      await chmod(runc, 0o755)
      // Go's shim misses the end of a restored process that ends before it knows its pid.
      const script = 'test -e /restored-from && sleep 1 && exec cat /restored-from; while :; do sleep 0.1; done'
      await good('run', '-d', '--runc-binary', runc, imageName, 'live', 'sh', '-c', script)
      const said = await good('tasks', 'checkpoint', 'live')
      expect(said).toMatch(/^containerd\.io\/checkpoint\/live:\S+\n$/)
      await good('images', 'rm', '--sync', said.trim())
      await good('containers', 'checkpoint', '--task', '--image', 'live', 'localhost/cp:live')
      expect(await good('tasks', 'ls')).toMatch(/^live +\d+ +RUNNING/m)
      await good('tasks', 'rm', '-f', 'live')
      await good('containers', 'rm', 'live')
      expect(await good('containers', 'restore', '--live', 'again', 'localhost/cp:live')).toBe('dump-of-live\n')
      await good('containers', 'rm', 'again')
      await good('images', 'rm', '--sync', 'localhost/cp:live')
      await expectClean(world())
    })
  })
}
