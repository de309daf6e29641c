// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@containerd-ts/core'
import { Background } from '@containerd-ts/lifecycle'
import type { EventSink, ExitMonitor, ProcessExit } from '@containerd-ts/shim'
import type { Container } from './container.ts'
import type { ExecProcess } from './exec-process.ts'
import { taskExit } from './messages/task-events.ts'
import { ownsPidNamespace } from './spec.ts'

const SIGKILL = 9

/**
 * Turns exits of processes into states and events. A process counts as stopped before its event goes out, and the
 * init's exit is the last one of its container.
 */
export class Exits {
  readonly #monitor: ExitMonitor
  readonly #events: EventSink
  readonly #log: Logger
  readonly #background: Background

  constructor(monitor: ExitMonitor, events: EventSink, log: Logger) {
    this.#monitor = monitor
    this.#events = events
    this.#log = log
    this.#background = new Background((error) => log.error('handle exit', { error }))
  }

  /** From now on the init's exit is handled. Call it after the event that announced the process. */
  watchInit(container: Container): void {
    const { init } = container
    this.#background.run(async () => {
      const exit = await this.#monitor.exitOf(init.pid)
      await init.settled()
      container.initExited = true
      if (!ownsPidNamespace(container.bundle)) await this.#killRest(container)
      await container.execsEnded()
      container.endOomWatch()
      init.setExited(exit)
      this.#publish(container, init.id, exit)
    })
  }

  watchExec(container: Container, exec: ExecProcess): void {
    this.#background.run(async () => {
      const exit = await this.#monitor.exitOf(exec.pid)
      exec.setExited(exit)
      this.#publish(container, exec.id, exit)
      container.execEnded()
    })
  }

  /** Without a pid namespace of its own the kernel does not end a container's processes with its init. */
  async #killRest({ id, runc }: Container): Promise<void> {
    try {
      await runc.kill(id, SIGKILL, { all: true })
    } catch (error) {
      this.#log.error('kill what is left of the container', { id, error })
    }
  }

  #publish(container: Container, id: string, { pid, status, at }: ProcessExit): void {
    this.#events.publish('/tasks/exit', taskExit, {
      containerId: container.id,
      id,
      pid,
      exitStatus: status,
      exitedAt: at,
    })
  }
}
