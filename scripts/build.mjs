// Compiles src/ to dist/, bundles the commands, and puts them into node_modules/.bin, where `npx` finds them.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thirdPartyLicenses } from './third-party-licenses.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bins = join(root, 'node_modules', '.bin')
const compiler = join(bins, 'tsc')
/** Modules that no command uses, but that each start would load, with the code that takes their place. */
const LEFT_OUT = [
  // noise's two WebAssembly modules: noise is always given src/transport/noise-crypto.ts.
  {
    importer: /libp2p-noise.dist.src.noise\.js$/,
    source: './crypto/index.js',
    code: 'export const defaultCrypto = undefined'
  },
  // Locks across worker threads and a cluster's processes: we have none of these, and the locks
  // stay within one process.
  {
    importer: /mortice.dist.src.mortice\.js$/,
    source: './node.js',
    code: 'export default () => new EventTarget()'
  },
  // Curves in JavaScript, for Ed25519 keys made of a seed and for secp256k1 identities. No node has
  // either; Node computes all others.
  {
    importer: /libp2p.crypto.dist.src.keys.ed25519.index\.js$/,
    source: '@noble/curves/ed25519.js',
    code: 'export const ed25519 = undefined'
  },
  {
    importer: /libp2p.crypto.dist.src.keys.secp256k1.\w+\.js$/,
    source: '@noble/curves/secp256k1.js',
    code: 'export const secp256k1 = undefined'
  },
  // A table of 256 emoji, for an encoding of bytes that nobody asks for.
  { importer: /multiformats.dist.src.basics\.js$/, source: './bases/base256emoji.js', code: 'export {}' },
  // Node's child processes, for subcommands that are programs of their own: there are none.
  { importer: /commander.lib.command\.js$/, source: 'node:child_process', code: 'export default {}' }
]
// The compiler is absent where the package is installed as a dependency, without devDependencies;
// dist/ came with it.
if (!existsSync(compiler)) process.exit(0)

// The build is made aside and then put into place, so that programs that run from dist/ meanwhile
// find whole files.
const fresh = join(root, `dist.${process.pid}`)
try {
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], { stdio: 'inherit' })
  writeSubpaths()
  await bundle()
  await writeManual()
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  renameSync(fresh, join(root, 'dist'))
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

mkdirSync(bins, { recursive: true })
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
for (const [name, file] of Object.entries(bin)) {
  const link = join(bins, name)
  rmSync(link, { force: true })
  chmodSync(join(root, file), 0o755)
  symlinkSync(relative(bins, join(root, file)), link)
}

/** Writes the targets of `#` names (src/package.json) for the compiled files. */
function writeSubpaths() {
  const subpaths = readFileSync(join(root, 'src', 'package.json'), 'utf8')
  writeFileSync(join(fresh, 'package.json'), subpaths.replaceAll('.ts"', '.js"'))
}

/** Writes a page of the manual for each command. */
async function writeManual() {
  const { manualPages } = await import(join(fresh, 'cli', 'reference', 'reference-files.js'))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  mkdirSync(join(fresh, 'man'))
  for (const [name, text] of Object.entries(manualPages(version)))
    writeFileSync(join(fresh, 'man', name), text)
}

/**
 * Bundles a command's 500 modules into a few files, so that it starts in a third of the time. The
 * bundle is CommonJS, as an ES module that imports one of Node's modules makes Node load everything
 * that this exports, used or not.
 */
async function bundle() {
  const { rolldown } = await import('rolldown')
  const commands = readdirSync(join(fresh, 'cli', 'bin')).filter(file => /^(?!run-).*\.js$/.test(file))
  const input = Object.fromEntries(
    commands.map(file => [basename(file, '.js'), join(fresh, 'cli', 'bin', file)])
  )
  input['hash-worker'] = join(fresh, 'source', 'hash-worker.js')
  input['transfer-worker'] = join(fresh, 'lab', 'sweep', 'transfer-worker.js')
  const plugins = [withoutUnused()]
  const bundled = await rolldown({ input, platform: 'node', cwd: root, logLevel: 'silent', plugins })
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
  const { output } = await bundled.write({ dir: join(fresh, 'bin'), format: 'cjs', ...names })
  const head = await commandHead()
  for (const { fileName, code } of output) {
    writeFileSync(join(fresh, 'bin', fileName), escaped(withoutCopies(code.replace(/^#!.*\n/, () => head))))
  }
  const licenses = thirdPartyLicenses(output.flatMap(({ moduleIds = [] }) => moduleIds))
  writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), licenses)
  writeFileSync(join(fresh, 'bin', 'package.json'), '{ "type": "commonjs" }\n')
}

/**
 * Replaces the modules in LEFT_OUT by the code given there. A build that does not meet one of them
 * fails, as it has moved.
 */
function withoutUnused() {
  const met = new Set()
  return {
    name: 'without-unused',
    resolveId: (source, importer = '') => {
      const index = LEFT_OUT.findIndex(entry => entry.source === source && entry.importer.test(importer))
      if (index < 0) return undefined
      met.add(index)
      return `\0left-out-${index}`
    },
    load: id => LEFT_OUT[id.match(/^\0left-out-(\d+)$/)?.[1]]?.code,
    buildEnd: failure => {
      if (failure) return
      const missed = LEFT_OUT.find((_, index) => !met.has(index))
      if (missed) throw new Error(`nothing matches ${missed.importer} any more: see LEFT_OUT`)
    }
  }
}

/**
 * Makes the first lines of a command. A shell, which every system has, sets the variable that glibc
 * reads at the start of a process, and becomes Node; Node takes these lines for a comment and a
 * string. Where standard output is closed, Node would open /dev/null for writing in its place, and
 * written data would seem to be delivered. So the shell opens it for reading, and writes fail.
 */
async function commandHead() {
  const { MALLOC_TUNABLES } = await import(join(fresh, 'cli', 'malloc-tunables.js'))
  const run = 'exec node "$0" "$@"'
  const check = '{ true 3>&1; } 2>/dev/null || exec 1</dev/null'
  // Each descriptor is tested on its own, as the list also has the one by which the shell reads the
  // directory.
  const list = `for fd in /proc/$$/fd/*; do [ -e "$fd" ] && fds="$fds \${fd##*/}"; done`
  const given = `case "$*" in *fd/*) fds=; ${list}; export ANABRANCH_OPEN_DESCRIPTORS="$fds";; esac`
  const tunables = `export GLIBC_TUNABLES="\${GLIBC_TUNABLES-${MALLOC_TUNABLES}}"`
  return `#!/bin/sh\n':' //; ${check}; ${given}; ${tunables}; ${run}\n${nodeCheck()}\n`
}

/**
 * Makes the statement by which a command refuses a Node that is too old. It stands before all else,
 * as what is loaded then may fail there, and is written for the oldest Node that could meet it.
 */
function nodeCheck() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [, least, major, minor] = /^>=((\d+)\.(\d+))$/.exec(engines.node)
  const remedy = 'a checkout has one in node_modules/.bin, which has to stand first in PATH'
  const text = `' is too old, ${least} or newer is needed; ${remedy}'`
  const tell = `console.error('anabranch: Node ' + process.versions.node + ${text})`
  return `{ const [a, b] = process.versions.node.split('.').map(Number); if (a < ${major} || (a === ${major} && b < ${minor})) { ${tell}; process.exit(2) } }`
}

/**
 * Makes Node's own modules be inherited from, instead of copied with all their exports: reading
 * some of these loads them.
 */
function withoutCopies(code) {
  return code.replace(/([\w$]+) = (?:[\w$]+\.)?__toESM\(\1, 1\)/g, '$1 = { __proto__: $1, default: $1 }')
}

/**
 * Escapes all characters beyond ASCII: a single one in a file doubles what V8 has to decode, hash
 * and keep of it at every start.
 */
function escaped(code) {
  return code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
