// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { checkpointArgs, createArgs, execArgs, restoreArgs } from './requests.ts'

describe('arguments of the runtime', () => {
  it('creates with the flags in the original order', () => {
    const all = { bundle: '/b', pidFile: '/b/init.pid', consoleSocket: '/s', noPivot: true, noNewKeyring: true }
    expect(createArgs('id', all).join(' ')).toBe(
      'create --bundle /b --pid-file /b/init.pid --console-socket /s --no-pivot --no-new-keyring id',
    )
    expect(createArgs('id', { bundle: '/b', pidFile: '/p', noPivot: false })).toEqual([
      'create',
      '--bundle',
      '/b',
      '--pid-file',
      '/p',
      'id',
    ])
  })

  it('executes detached', () => {
    expect(execArgs('id', { pidFile: '/b/e.pid', consoleSocket: '/s' }, '/tmp/p').join(' ')).toBe(
      'exec --process /tmp/p --console-socket /s --detach --pid-file /b/e.pid id',
    )
  })

  it('checkpoints with every option, namespaces one by one', () => {
    const request = {
      imagePath: '/i',
      workPath: '/w',
      openTcp: true,
      externalUnixSockets: true,
      terminal: true,
      fileLocks: true,
      emptyNamespaces: ['network', 'ipc'],
      leaveRunning: true,
    }
    expect(checkpointArgs('id', request).join(' ')).toBe(
      'checkpoint --image-path /i --work-path /w --tcp-established --ext-unix-sk --shell-job --file-locks --empty-ns network --empty-ns ipc --leave-running id',
    )
    expect(checkpointArgs('id', { imagePath: '/i', workPath: '/w' })).toEqual([
      'checkpoint',
      '--image-path',
      '/i',
      '--work-path',
      '/w',
      'id',
    ])
  })

  it('restores with the single dash that the original has before no-subreaper', () => {
    const request = {
      imagePath: '/i',
      workPath: '/w',
      parentPath: '/p',
      bundle: '/b',
      pidFile: '/f',
      consoleSocket: '/s',
      noPivot: true,
    }
    expect(restoreArgs('id', request).join(' ')).toBe(
      'restore --image-path /i --work-path /w --parent-path /p --detach --pid-file /f --console-socket /s --no-pivot -no-subreaper --bundle /b id',
    )
  })
})
