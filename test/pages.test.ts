import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGES = ['.', 'docs', 'docs/experiments', 'deploy'].flatMap(folder =>
  readdirSync(join(ROOT, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(ROOT, folder, name))
)

/** The links of a page that lead to nothing in the repository. */
function deadLinksOf(page: string): string[] {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  return links.filter(link => !/^https?:/.test(link) && !leadsSomewhere(page, link))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, anchor] = link.split('#')
  const target = path ? join(dirname(page), path) : page
  if (!existsSync(target)) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

/** The anchors that a page's headings have where Markdown is shown. */
function anchorsOf(page: string): string[] {
  const headings = [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return headings.map(heading =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
  )
}

test.each(PAGES.map(page => relative(ROOT, page)))('the links of %s lead somewhere', page => {
  expect(deadLinksOf(join(ROOT, page))).toEqual([])
})

test.each(PAGES.map(page => relative(ROOT, page)))('the prose of %s is at most 100 columns wide', page => {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```.*?^```/gms, '')
  const isProse = (line: string) => !/^(\|| {4}|<|#)/.test(line) && /\S\s+\S/.test(line.trim())
  expect(text.split('\n').filter(line => isProse(line) && line.length > 100)).toEqual([])
})

test('the index of docs leads to every page of docs, and README to the index', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8')
  const pages = readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md') && name !== 'README.md')
  expect(pages.filter(name => !index.includes(`(${name})`))).toEqual([])
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(docs/README.md)')
})

test('the glossary says each word once, and where there is a file it is there', () => {
  const rows = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8').match(/^\| (?!word|---).*$/gm)!
  const words = rows.map(row => row.split(' | ')[0]!)
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([])
  const files = rows.flatMap(row =>
    [...row.split(' | ')[2]!.matchAll(/`([^`]*\/[^`]*)`/g)].map(([, file]) => file!)
  )
  expect(files.length).toBeGreaterThan(30)
  expect(files.filter(file => !existsSync(join(ROOT, 'src', file)))).toEqual([])
})
