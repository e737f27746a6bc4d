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

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bins = join(root, 'node_modules', '.bin')
const compiler = join(bins, 'tsc')
/** Modules that no command uses, yet that each start would load. */
const LEFT_OUT = [
  // Two WebAssembly modules: noise is always given src/transport/noise-crypto.ts.
  {
    importer: /libp2p-noise.dist.src.noise\.js$/,
    source: './crypto/index.js',
    code: 'export const defaultCrypto = undefined'
  },
  // Locks that worker threads and a cluster's processes could ask for: there are none, and the locks are within one process.
  {
    importer: /mortice.dist.src.mortice\.js$/,
    source: './node.js',
    code: 'export default () => new EventTarget()'
  },
  // Curves in JavaScript, for Ed25519 keys made of a seed and for secp256k1 identities: no node has either, Node does the rest.
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
  // A table of 256 emoji, for a spelling of bytes that nobody asks for.
  { importer: /multiformats.dist.src.basics\.js$/, source: './bases/base256emoji.js', code: 'export {}' },
  // For subcommands that are programs of their own: there are none.
  { importer: /commander.lib.command\.js$/, source: 'node:child_process', code: 'export default {}' }
]
// Installed as somebody's dependency without devDependencies: dist/ came with the package.
if (!existsSync(compiler)) process.exit(0)

// Made aside and then put into place: programs that run from dist/ meanwhile find whole files.
const fresh = join(root, `dist.${process.pid}`)
try {
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], { stdio: 'inherit' })
  writeSubpaths()
  await bundle()
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

/** What `#` names stand for in src/ (its package.json), said of the compiled files. */
function writeSubpaths() {
  const subpaths = readFileSync(join(root, 'src', 'package.json'), 'utf8')
  writeFileSync(join(fresh, 'package.json'), subpaths.replaceAll('.ts"', '.js"'))
}

/**
 * A command's 500 modules in a few files: it starts in a third of the time. As CommonJS, for an ES module that imports one of
 * Node's makes Node load all that this exports, used or not.
 */
async function bundle() {
  const { rolldown } = await import('rolldown')
  const commands = readdirSync(join(fresh, 'cli', 'bin')).filter(file => /^(?!run-).*\.js$/.test(file))
  const input = Object.fromEntries(
    commands.map(file => [basename(file, '.js'), join(fresh, 'cli', 'bin', file)])
  )
  input['hash-worker'] = join(fresh, 'source', 'hash-worker.js')
  const plugins = [withoutUnused()]
  const bundled = await rolldown({ input, platform: 'node', cwd: root, logLevel: 'silent', plugins })
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
  const { output } = await bundled.write({ dir: join(fresh, 'bin'), format: 'cjs', ...names })
  const head = await commandHead()
  for (const { fileName, code } of output) {
    writeFileSync(join(fresh, 'bin', fileName), escaped(withoutCopies(code.replace(/^#!.*\n/, () => head))))
  }
  writeFileSync(join(fresh, 'bin', 'package.json'), '{ "type": "commonjs" }\n')
}

/** Puts LEFT_OUT's code into the place of what it stands for. A build that no longer meets one of them fails: it has moved. */
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
 * The first lines of a command. A shell, of which every system has one, sets what glibc reads at the start of a process and
 * becomes Node; Node takes them for a comment and a string. In place of a standard output that is closed Node would open
 * /dev/null for writing, and what is written there would seem to be delivered: the shell opens it for reading, so that writes
 * fail.
 */
async function commandHead() {
  const { MALLOC_TUNABLES } = await import(join(fresh, 'cli', 'malloc-tunables.js'))
  const run = 'exec node "$0" "$@"'
  const check = '{ true 3>&1; } 2>/dev/null || exec 1</dev/null'
  // Looked at one by one: the shell's own look at the directory is in its list, too.
  const list = `for fd in /proc/$$/fd/*; do [ -e "$fd" ] && fds="$fds \${fd##*/}"; done`
  const given = `case "$*" in *fd/*) fds=; ${list}; export ANABRANCH_OPEN_DESCRIPTORS="$fds";; esac`
  return `#!/bin/sh\n':' //; ${check}; ${given}; export GLIBC_TUNABLES="\${GLIBC_TUNABLES-${MALLOC_TUNABLES}}"; ${run}\n`
}

/** Node's own modules inherited from, not copied with all that they export: to look at some of that loads it. */
function withoutCopies(code) {
  return code.replace(/([\w$]+) = (?:[\w$]+\.)?__toESM\(\1, 1\)/g, '$1 = { __proto__: $1, default: $1 }')
}

/** One character beyond ASCII in a file doubles what V8 has to decode, hash and keep of it at every start. */
function escaped(code) {
  return code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
