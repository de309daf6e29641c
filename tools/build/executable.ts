// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustSucceed } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { addonPath, binDir, sourceCondition } from './places.ts'
import { revisionVariable } from './revision.ts'

const bun = join(repoRoot, 'node_modules', '@oven', 'bun-linux-x64', 'bin', 'bun')

export interface Executable {
  /** Folder below `packages`. */
  readonly app: string
  /** File below `dist/bin`. */
  readonly name: string
  /** Packages that are left out. */
  readonly external?: readonly string[] | undefined
  /** Shortens the names of functions and classes, too. */
  readonly minifyNames?: boolean | undefined
}

/** Compiles an app of ours, the native addon included, into one file. */
export async function buildExecutable({ app, name, external = [], minifyNames = false }: Executable): Promise<void> {
  mkdirSync(binDir, { recursive: true })
  mkdirSync(join(repoRoot, '.cache'), { recursive: true })
  // Outside of every package: their manifests call their modules free of side effects.
  const work = mkdtempSync(join(repoRoot, '.cache', 'build-'))
  try {
    const embed = join(repoRoot, 'packages', 'native-sys', 'src', 'embed.ts')
    // Only a static `require` gets the addon into the executable, and it has to run before what uses it.
    writeFileSync(join(work, 'addon.cjs'), `module.exports = require(${JSON.stringify(addonPath)})\n`)
    writeFileSync(
      join(work, 'bind.ts'),
      `import addon from './addon.cjs'\nimport { setBinding } from ${JSON.stringify(embed)}\nsetBinding(addon)\n`,
    )
    const main = join(repoRoot, 'packages', app, 'src', 'main.ts')
    writeFileSync(join(work, `${name}.ts`), `import './bind.ts'\nimport ${JSON.stringify(main)}\n`)
    const options = [
      '--compile',
      '--target=bun',
      `--conditions=${sourceCondition}`,
      '--minify-syntax',
      '--minify-whitespace',
      ...(minifyNames ? ['--minify-identifiers'] : []),
      '--bytecode',
      '--format=esm',
      `--env=${revisionVariable}*`,
    ]
    const outFile = join(work, 'out')
    await mustSucceed(bun, [
      'build',
      join(work, `${name}.ts`),
      ...options,
      // Files in the directory where the program is called are the caller's, not its configuration.
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      ...external.map((each) => `--external=${each}`),
      `--outfile=${outFile}`,
    ])
    renameSync(outFile, join(binDir, name))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
