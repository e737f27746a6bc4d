import { z } from 'zod'
import { ConfigurationError } from '../errors.ts'
import { splitTarget } from '../http/request-target.ts'
import { describeProblems, parseYaml } from '../units/yaml-file.ts'
import { type Authority, isOfContents, parseAuthority } from './proxy-target.ts'
import { decoded, nameOf } from './target.ts'

const FILE_ERROR =
  "is no map of URLs to contents; lines such as 'http://deb.example/debian/: mirror/debian/' belong here"
const NAME_ERROR = 'is no name of a content, or of a folder with a slash at its end'
const URL_ERROR = 'is no URL such as http://deb.example/debian/; https cannot be answered by anybody else'

/** One URL and its content; where both end with a slash, all that is below. */
interface Mapping {
  authority: Authority
  /** As text: its percent signs stand for themselves. */
  path: string
  name: string
}

/** Which URLs are which contents. */
export class UrlMap {
  readonly #byHost = new Map<string, Mapping[]>()

  /** Of several mappings that fit a URL the longest counts. */
  constructor(mappings: readonly Mapping[]) {
    for (const mapping of mappings.toSorted((one, other) => other.path.length - one.path.length)) {
      const { host } = mapping.authority
      this.#byHost.set(host, [...(this.#byHost.get(host) ?? []), mapping])
    }
  }

  /** The host names of all URLs, each once. */
  get hostNames(): string[] {
    const mappings = [...this.#byHost.values()].flat()
    return [...new Set(mappings.map(({ authority }) => authority.hostName))]
  }

  /** Whether a URL of this host may be a content. */
  hasHost({ host }: Authority): boolean {
    return this.#byHost.has(host)
  }

  /** The content that a URL is; undefined where it is none. A folder, whose path ends with a slash, is none. */
  nameOf({ host }: Authority, path: string): string | undefined {
    const mappings = this.#byHost.get(host)
    if (!mappings) return undefined
    try {
      // As servers do it, which take `/./a` and `/b/../a` for `/a`.
      const text = decoded(new URL(`http://${host}${path}`).pathname)
      const mapping = mappings.find(each =>
        each.path.endsWith('/') ? text.startsWith(each.path) : text === each.path
      )
      return mapping && nameOf(mapping.name + text.slice(mapping.path.length))
    } catch {
      return undefined
    }
  }
}

const schema = z
  .record(z.string(), z.string({ error: NAME_ERROR }), { error: FILE_ERROR })
  .transform((entries, context): Mapping[] => {
    const seen = new Set<string>()
    return Object.entries(entries).flatMap(([url, name]) => {
      try {
        const mapping = mappingOf(url, name)
        const key = mapping.authority.host + mapping.path
        if (seen.has(key)) throw new Error('is mapped twice')
        seen.add(key)
        return [mapping]
      } catch (error) {
        context.addIssue({ code: 'custom', path: [url], message: (error as Error).message })
        return []
      }
    })
  })

/**
 * Parses the text of a map file: YAML, each key a URL of http and each value a content's name, or
 * both ending with a slash. Throws ConfigurationError with line and column.
 */
export function parseUrlMap(text: string, fileName: string): UrlMap {
  const parsed = parseYaml(text, schema)
  if (parsed.problems) throw new ConfigurationError(describeProblems(fileName, parsed.problems))
  return new UrlMap(parsed.value)
}

/** Throws an error that says what is wrong. */
function mappingOf(url: string, name: string): Mapping {
  const { authority, path, query } = splitTarget(url)
  if (authority === undefined || !/^http:/i.test(url) || query !== '' || /[?#]/.test(url))
    throw new Error(URL_ERROR)
  const mapping = { authority: parseAuthority(authority), path: decoded(path), name }
  if (isOfContents(mapping.authority)) throw new Error('stands for contents already')
  const isFolder = name.endsWith('/')
  if (mapping.path.endsWith('/') !== isFolder)
    throw new Error('is a folder on one side only: put a slash at both ends, or at none')
  return { ...mapping, name: `${nameOf(isFolder ? name.slice(0, -1) : name)}${isFolder ? '/' : ''}` }
}
