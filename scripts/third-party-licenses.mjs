import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HEAD = `The commands of this package hold code of the packages below, each under the terms of its own licence.`
const RULE = `\n\n${'-'.repeat(80)}\n\n`
/** Names of the files in which a package states its terms. */
const TERMS = /^(licen[cs]e|copying|notice)/i

/**
 * Makes the text with the licences of all packages that modules come from, by the paths of these. Packages with the
 * same terms stand together. Throws for a package that states none.
 */
export function thirdPartyLicenses(modulePaths) {
  const directories = new Set(modulePaths.flatMap(path => packageOf(path) ?? []))
  const packagesByTerms = new Map()
  for (const directory of [...directories].sort()) {
    const terms = termsOf(directory)
    packagesByTerms.set(terms, [...(packagesByTerms.get(terms) ?? []), nameOf(directory)])
  }
  const parts = [...packagesByTerms].map(([terms, names]) => `${[...new Set(names)].join('\n')}\n\n${terms}`)
  return `${[HEAD, ...parts].join(RULE)}\n`
}

/** The folder of the package that a module belongs to; undefined for one of our own. */
function packageOf(path) {
  return /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

function nameOf(directory) {
  const { name, version } = manifestOf(directory)
  return `${name} ${version}`
}

function termsOf(directory) {
  const files = readdirSync(directory).filter(name => TERMS.test(name))
  const texts = files.sort().map(name => readFileSync(join(directory, name), 'utf8').trim())
  if (texts.length > 0) return texts.join('\n\n')
  const { license, author } = manifestOf(directory)
  if (!license) throw new Error(`${directory} states no licence: it cannot be bundled`)
  const who = typeof author === 'string' ? author : author?.name
  return [`Licence: ${license}`, ...(who ? [`Author: ${who}`] : [])].join('\n')
}

function manifestOf(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}
