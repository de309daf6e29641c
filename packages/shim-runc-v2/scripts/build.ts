// SPDX-License-Identifier: Apache-2.0
// Builds the shim as one executable: node scripts/build.ts [OUTFILE]; default dist/bin/containerd-shim-runc-v2 of the repository.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const require = createRequire(import.meta.url)
const packageRoot = dirname(import.meta.dirname)
const repository = dirname(dirname(packageRoot))
const nativeSys = join(repository, 'packages', 'native-sys')
const outFile = resolve(process.argv[2] ?? join(repository, 'dist', 'bin', 'containerd-shim-runc-v2'))

const bun = join(dirname(require.resolve('@oven/bun-linux-x64/package.json')), 'bin', 'bun')
const addon = join(nativeSys, 'dist', 'native', `linux-${process.arch}-glibc`, 'native_sys.node')
if (!existsSync(addon)) throw new Error(`${addon} is not built: run node packages/native-sys/scripts/build.ts`)

// Outside this package, whose modules count as free of side effects.
mkdirSync(join(repository, '.cache'), { recursive: true })
const work = mkdtempSync(join(repository, '.cache', 'shim-build-'))
try {
  // The addon has to be a static require to get into the executable, and stand before whatever uses it.
  const addonModule = join(work, 'addon.cjs')
  const bindModule = join(work, 'bind.ts')
  const entry = join(work, 'containerd-shim-runc-v2.ts')
  writeFileSync(addonModule, `module.exports = require(${JSON.stringify(addon)})\n`)
  writeFileSync(
    bindModule,
    `import addon from './addon.cjs'\nimport { setBinding } from '@containerd-ts/native-sys/embed'\nsetBinding(addon)\n`,
  )
  writeFileSync(entry, `import './bind.ts'\nimport ${JSON.stringify(join(packageRoot, 'src', 'main.ts'))}\n`)
  mkdirSync(dirname(outFile), { recursive: true })
  const made = join(work, 'out')
  execFileSync(
    bun,
    [
      'build',
      entry,
      '--compile',
      '--target=bun',
      '--conditions=@containerd-ts/source',
      '--minify',
      '--bytecode',
      '--env=CONTAINERD_TS_REVISION*',
      // What lies in a bundle's directory is the container's business, not this program's configuration.
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      `--outfile=${made}`,
    ],
    { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  chmodSync(made, 0o755)
  renameSync(made, outFile)
} finally {
  rmSync(work, { recursive: true, force: true })
}
