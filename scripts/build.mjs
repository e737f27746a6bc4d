// Compiles src/ to dist/ and puts the project's own commands into node_modules/.bin, where `npx` finds them.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bins = join(root, 'node_modules', '.bin')
const compiler = join(bins, 'tsc')
// Installed as somebody's dependency without devDependencies: dist/ came with the package.
if (!existsSync(compiler)) process.exit(0)

rmSync(join(root, 'dist'), { recursive: true, force: true })
execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })

mkdirSync(bins, { recursive: true })
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
for (const [name, file] of Object.entries(bin)) {
  const link = join(bins, name)
  rmSync(link, { force: true })
  chmodSync(join(root, file), 0o755)
  symlinkSync(relative(bins, join(root, file)), link)
}
