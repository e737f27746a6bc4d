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
const NO_CRYPTO = '\0no-crypto'
// Installed as somebody's dependency without devDependencies: dist/ came with the package.
if (!existsSync(compiler)) process.exit(0)

// Made aside and then put into place: programs that run from dist/ meanwhile find whole files.
const fresh = join(root, `dist.${process.pid}`)
try {
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], { stdio: 'inherit' })
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

/** A command's 500 modules in a few files: it starts in a third of the time. */
async function bundle() {
  const { rolldown } = await import('rolldown')
  const commands = readdirSync(join(fresh, 'cli', 'bin')).filter(file => /^(?!run-).*\.js$/.test(file))
  const input = Object.fromEntries(
    commands.map(file => [basename(file, '.js'), join(fresh, 'cli', 'bin', file)])
  )
  input['hash-worker'] = join(fresh, 'source', 'hash-worker.js')
  const plugins = [withoutNoiseCrypto()]
  const bundled = await rolldown({ input, platform: 'node', cwd: root, logLevel: 'silent', plugins })
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
  const { output } = await bundled.write({ dir: join(fresh, 'bin'), format: 'esm', ...names })
  for (const { fileName, code } of output) writeFileSync(join(fresh, 'bin', fileName), escaped(code))
}

/**
 * noise is always given src/overlay/noise-crypto.ts. Its default would compile two WebAssembly modules at every start, a
 * tenth of the time until a client's first packet.
 */
function withoutNoiseCrypto() {
  const isDefault = (source, importer = '') =>
    source === './crypto/index.js' && /libp2p-noise.dist.src.noise\.js$/.test(importer)
  return {
    name: 'without-noise-crypto',
    resolveId: (source, importer) => (isDefault(source, importer) ? NO_CRYPTO : undefined),
    load: id => (id === NO_CRYPTO ? 'export const defaultCrypto = undefined' : undefined)
  }
}

/** One character beyond ASCII in a file doubles what V8 has to decode, hash and keep of it at every start. */
function escaped(code) {
  return code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
