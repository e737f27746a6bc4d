/** How the commands of a page are run, one after the other in one shell. */
export interface Page {
  /** Whether there is a network with a director at `$D`, a source of `contents/` and two relays. */
  hasNetwork?: boolean
  /** Files that are there, by paths in the home of the shell, which works in `work/`. */
  files?: readonly string[]
  /** Whether what was started in one block goes on in the next ones. */
  isOneSession?: boolean
  /** Commands before the first one of the page. */
  before?: string
  /** What stands in the commands for something that only the reader has, and what it is here. */
  replaced?: readonly [from: string, to: string][]
  /** Commands before and behind those that begin so: to wait as a reader does, and to see what a reader sees. */
  around?: readonly [start: string, before: string, after?: string][]
}

const ADDRESS: [string, string] = ['ADDRESS', '$D']

/** The pages whose commands test/e2e/docs-commands.test.ts runs; blocks that it cannot run say so on the page. */
export const PAGES: Readonly<Record<string, Page>> = {
  'README.md': {
    files: ['films/holiday/a.mkv'],
    before: `cd "$HOME/work"`,
    replaced: [['$PWD/node_modules/.bin', '$PATH']],
    around: [['anabranch client fetch', '', 'cmp a.mkv ~/films/holiday/a.mkv']]
  },
  'docs/access.md': {},
  'docs/director-page.md': {},
  'docs/fetching.md': {
    hasNetwork: true,
    files: [
      'a.mkv',
      'holiday/a.mkv',
      'holiday/b.mkv',
      'films/a.mkv',
      'photos/p.jpg',
      'logs/l.gz',
      'logs/today.log'
    ].map(name => `contents/${name}`),
    before: `mkdir films backup; echo logs/today.log > names.txt`,
    replaced: [
      ['100MB-200MB', '100kB-200kB'],
      ['/backup/films/', 'backup/films/']
    ],
    around: [
      [
        'anabranch client verify films/a.mkv --director',
        'cp "$HOME/contents/films/a.mkv" .; mkdir -p backup/films; cp a.mkv backup/films'
      ]
    ]
  },
  'docs/films.md': {
    hasNetwork: true,
    files: ['films/holiday/a.mkv'],
    around: [
      [
        'mpv',
        'until curl -fsI http://127.0.0.1:8088/holiday/a.mkv > head.txt; do sleep 0.2; done; cat head.txt'
      ]
    ]
  },
  'docs/gateway.md': { hasNetwork: true, replaced: [ADDRESS] },
  'docs/proxy.md': {
    hasNetwork: true,
    files: ['contents/films/a.mkv', 'srv/mirror/debian/Release'],
    before: `echo 'http://deb.debian.org/debian/: mirror/debian/' > map.yaml`,
    replaced: [ADDRESS, ['--dir /srv', '--dir ~/srv'], ['/etc/apt/apt.conf.d/', '']],
    around: [
      [
        'curl',
        '',
        'curl -fs -x http://127.0.0.1:8088 http://films.anabranch/a.mkv | cmp - ~/contents/films/a.mkv'
      ],
      ["echo 'Acquire", '', 'grep -q 8088 80anabranch']
    ]
  },
  'docs/tutorial.md': {
    isOneSession: true,
    before: `cd "$HOME/work"`,
    replaced: [
      ['$PWD/node_modules/.bin', '$PATH'],
      ['head -c 200000000', 'head -c 80000000'],
      // The second terminal.
      [
        'client fetch film.bin --director 127.0.0.1:4001',
        'client fetch film.bin --director 127.0.0.1:4001 > fetch.log 2>&1 & FETCH=$!'
      ]
    ],
    around: [
      [
        'anabranch status',
        'until [ "$(client routes film.bin --director 127.0.0.1:4001 --json 2>/dev/null | grep -c \'"route"\')" = 2 ]; do sleep 0.5; done'
      ],
      ['kill -HUP', 'until [ "$(size film.bin.part)" -gt 8000000 ]; do sleep 0.1; done'],
      ['kill -9', 'until [ "$(size film.bin.part)" -gt 16000000 ]; do sleep 0.1; done', '! wait $FAST'],
      ['cmp', 'wait $FETCH; cat fetch.log']
    ]
  }
}

export const WALKED: readonly string[] = Object.keys(PAGES)
