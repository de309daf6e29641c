// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { runCommand } from '@containerd-ts/testkit'
import type { CommandResult } from '@containerd-ts/testkit'
import { show } from './steps.ts'

const timeoutMs = 60_000

/** Our ctr on one daemon and namespace, as a person would call it. */
export class Ctr {
  readonly #program: string
  readonly #global: readonly string[]

  constructor(binDirectory: string, address: string, namespace: string) {
    this.#program = join(binDirectory, 'ctr')
    this.#global = ['--address', address, '--namespace', namespace]
  }

  /** Runs a command, whatever its exit code. */
  try(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(this.#program, [...this.#global, ...args], { timeoutMs })
  }

  /** Runs a command, shows it and what it printed. @throws {Error} it failed */
  async run(...args: readonly string[]): Promise<string> {
    console.log(`    $ ctr ${args.join(' ')}`)
    const result = await this.try(...args)
    if (result.exitCode !== 0) throw new Error(`ctr ${args.join(' ')}: exit code ${result.exitCode}\n${result.stderr}`)
    if (result.stdout !== '') show(result.stdout)
    return result.stdout
  }
}
