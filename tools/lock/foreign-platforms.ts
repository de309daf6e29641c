// SPDX-License-Identifier: Apache-2.0

export interface LockEntry {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: readonly string[]
  cpu?: readonly string[]
  libc?: readonly string[]
  optionalDependencies?: Readonly<Record<string, string>>
}

type Packages = Record<string, LockEntry>

/**
 * Entries for optional packages of other platforms that the lock file names and does not hold. `npm install` leaves
 * them out when the registry at hand has no copy, and `npm ci` then refuses the whole file. They are never
 * fetched here: the platform in the entry keeps npm from it, so an entry needs no hash.
 */
export function foreignPlatformEntries(packages: Readonly<Packages>): Packages {
  const added: Packages = {}
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const found = resolved(packages, path, name)
      const platform = platformOf(name)
      if (platform === undefined || found === version) continue
      // Several versions of one package can be wanted: only the first takes the place at the top.
      const top = `node_modules/${name}`
      const atTop = found ?? added[top]?.version ?? version
      const place = atTop === version ? top : `${path}/${top}`
      added[place] = { version, ...platform, ...(entry.dev === true ? { dev: true } : {}), optional: true }
    }
  }
  return added
}

/** Version of the package that `path` would load under `name`. */
function resolved(packages: Readonly<Packages>, path: string, name: string): string | undefined {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    const found = packages[from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`]
    if (found !== undefined || from === '') return found?.version
  }
}

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'wasm32',
]
const processors: Readonly<Record<string, string>> = {
  arm: 'arm',
  armv7: 'arm',
  arm64: 'arm64',
  aarch64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  mips64el: 'mips64el',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  wasm32: 'wasm32',
  x64: 'x64',
}

/** What a name like `binding-linux-arm64-musl` says; undefined for this platform and for names that say nothing. */
export function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split(/[/-]/)
  const os = words.find((word) => systems.includes(word))
  const cpu = words.map((word) => processors[word]).find((word) => word !== undefined)
  if (os === undefined || cpu === undefined) return undefined
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : undefined
  if (os === 'linux' && cpu === 'x64' && libc === undefined) return undefined
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) }
}
