// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ownDependencies, type WorkspacePackage } from '../lib/packages.ts'

export interface TsConfig {
  extends?: string
  compilerOptions?: Record<string, unknown>
  include?: readonly string[]
  exclude?: readonly string[]
  files?: readonly string[]
  references?: readonly { readonly path: string }[]
}

/**
 * What `tsconfig.lib.json` and `tsconfig.test.json` of a package have to say, derived from its manifest.
 * `current` keeps hand-made options (a package that also compiles generated files widens `include`);
 * the references are always ours.
 */
export function libConfig(pkg: WorkspacePackage, current: TsConfig | undefined): TsConfig {
  const fresh: TsConfig = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/tsconfig.lib.tsbuildinfo' },
    include: ['src'],
    exclude: ['src/**/*.test.ts'],
  }
  const references = ownDependencies(pkg, ['dependencies', 'optionalDependencies']).map(toLib)
  return { ...(current ?? fresh), references }
}

export function testConfig(pkg: WorkspacePackage): TsConfig {
  const devOnly = ownDependencies(pkg, ['dependencies', 'devDependencies'])
  return {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      rootDir: '.',
      noEmit: true,
      // Nobody imports tests, so their exports need no declarations that others could read.
      composite: false,
      declaration: false,
      declarationMap: false,
      incremental: true,
      rewriteRelativeImportExtensions: false,
      tsBuildInfoFile: `../../.cache/types/${pkg.id}.tsbuildinfo`,
    },
    include: ['src/**/*.test.ts', ...['test', 'scripts'].filter((dir) => existsSync(join(pkg.dir, dir)))],
    references: [{ path: './tsconfig.lib.json' }, ...devOnly.map(toLib)],
  }
}

/** What editors, the linter and `tsc -p` read: every file of the package, sources of the others seen through the condition. */
export function editorConfig(): TsConfig {
  return {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: '../..', noEmit: true, composite: false, declaration: false, declarationMap: false },
    include: ['src', 'test', 'scripts'],
  }
}

/** The root solution: what `tsc -b` compiles. Tests are no part of it, their projects are named on the command line. */
export function rootConfig(packages: readonly WorkspacePackage[]): TsConfig {
  return { files: [], references: packages.map(({ id }) => ({ path: `./packages/${id}/tsconfig.lib.json` })) }
}

const toLib = (id: string) => ({ path: `../${id}/tsconfig.lib.json` })
