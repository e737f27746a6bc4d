import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { shellBlocks } from '../docs/shell-blocks.ts'
import { PAGES, type Page } from '../docs/walked-pages.ts'
import { UNREHEARSED } from './harness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** How long the commands of a page may take: those of some are many programs one after the other. */
const PATIENCE_MS = 280_000
/** Commands that go on until they are stopped: those after them begin when they are of use. */
const LASTING =
  /\b((director|source|relay) start|source (publish|share)|client (gateway|proxy|receive))\b|--serve\b/

/** What all pages have at hand, as bash: commands that last are started by `lasting`, and ended behind its block. */
const TOOLS = `
set -euo pipefail
# Each command that lasts is a process group of its own, which ends as a whole.
set -m
# The shell and all that it starts have a network of their own, where the ports and addresses of the pages are free.
ip link set lo up
for host in 1 7 8; do ip address add 192.0.2.$host/32 dev lo; done
mkdir -p "$HOME/logs"
number=0
started=
exec 2>&1
trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT
told() {
  for _ in $(seq 600); do
    grep -qsE "$2" "$1" && return
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  echo "does not say '$2':"
  cat "$1"
  return 1
}
lasting() {
  number=$((number + 1))
  local log="$HOME/logs/$number"
  eval "$1" > "$log" 2>&1 < /dev/null &
  local process=$!
  started="$started $process"
  told "$log" "$2" "$process"
}
blockOver() {
  for process in $started; do kill -- "-$process" || true; wait "$process" || true; done
  started=
}
size() { stat -c %s "$1" 2>/dev/null || echo 0; }
mpv() { if [ "$1" = - ]; then cat; else curl -fsS "$1"; fi > /dev/null; }
`

/** A network of which the pages know the director's address as D. */
const NETWORK = `
lasting "anabranch director start --listen /ip4/0.0.0.0/tcp/4001 --home $HOME/n1" listens
export D=127.0.0.1:4001/p2p/$(grep -oE '12D3KooW\\w+' "$HOME/logs/1" | head -n 1)
lasting "anabranch source start -v --dir $HOME/contents --listen /ip4/0.0.0.0/tcp/5002 --home $HOME/n2 --director $D" registered
lasting "anabranch relay start -v --listen /ip4/0.0.0.0/tcp/5003 --home $HOME/n3 --director $D" registered
lasting "anabranch relay start -v --listen /ip4/0.0.0.0/tcp/5004 --home $HOME/n4 --director $D" registered
S=192.0.2.7:5002/p2p/$(grep -ohE '12D3KooW\\w+' "$HOME/logs/2" | head -n 1)
R1=192.0.2.7:5003/p2p/$(grep -ohE '12D3KooW\\w+' "$HOME/logs/3" | head -n 1)
R2=192.0.2.7:5004/p2p/$(grep -ohE '12D3KooW\\w+' "$HOME/logs/4" | head -n 1)
export S R1 R2 R3=$R2
# It outlives the blocks.
started=
`

test.concurrent.for(Object.entries(PAGES))(
  'the commands of %s do what the page says',
  { timeout: PATIENCE_MS + 20_000 },
  async ([name, page], { expect, onTestFinished }) => {
    const home = await mkdtemp(join(tmpdir(), 'anabranch-docs-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    for (const folder of ['work', 'contents']) await mkdir(join(home, folder))
    for (const path of page.files ?? []) {
      await mkdir(join(home, path, '..'), { recursive: true })
      await writeFile(join(home, path), path.repeat(20_000))
    }
    const script = scriptOf(page, await readFile(join(ROOT, name), 'utf8'))
    const { code, output } = await bash(script, home)
    expect(code, output).toBe(0)
  }
)

/** The page as one script, its blocks in the order of the page. */
function scriptOf(page: Page, text: string): string {
  const blocks = shellBlocks(text).filter(({ notRun }) => notRun === undefined)
  const parts = blocks.flatMap(({ commands }) => [
    ...commands.map(command => stepOf(page, command)),
    ...(page.isOneSession ? [] : ['blockOver'])
  ])
  return [TOOLS, ...(page.hasNetwork ? [NETWORK] : []), page.before ?? '', ...parts].join('\n')
}

function stepOf({ replaced = [], around = [] }: Page, command: string): string {
  const text = replaced.reduce((line, [from, to]) => line.replaceAll(from, to), command)
  const [, before = '', after = ''] = around.find(([start]) => command.startsWith(start)) ?? []
  const lasts = LASTING.test(text) && !/ & ?/.test(text)
  const step = lasts ? `lasting ${quoted(text)} '${sayingOf(text)}'` : text
  return `${before}\necho ${quoted(`$ ${text}`)}\n${step}\n${after}`
}

/** What a command that lasts says when it is of use. */
function sayingOf(command: string): string {
  if (/(source|relay) start/.test(command) && / --director /.test(command)) return 'registered'
  return command.includes('source share') ? 'fetch it with' : command.includes('--serve') ? 'serving' : '.'
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function bash(script: string, home: string): Promise<{ code: number; output: string }> {
  const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`
  const environment = {
    HOME: home,
    PATH,
    ...UNREHEARSED,
    ANABRANCH_WAIT: '1',
    XDG_RUNTIME_DIR: home,
    NO_COLOR: '1'
  }
  return new Promise(resolve => {
    const options = { cwd: join(home, 'work'), env: environment, timeout: PATIENCE_MS }
    // Whatever a page has started ends with its shell, also where the shell is ended.
    const own = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']
    execFile('unshare', [...own, '--', 'bash', '-c', script], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1)
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}
