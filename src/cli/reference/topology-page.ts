const INTRODUCTION = `# All keys of a topology file

This page is made by \`npm run reference\` from the schema that \`lab schema\` prints. A dot leads
into an object, \`NAME\` stands for a name that the file gives, and \`[]\` for each element of a list.
[lab.md](lab.md) shows how the keys are used.

| key | value | meaning |
|---|---|---|
`

/** The parts of a JSON Schema that are read here. */
export interface JsonSchema {
  type?: string
  description?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  required?: string[]
  properties?: Record<string, JsonSchema | boolean>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema | boolean
  prefixItems?: JsonSchema[]
  anyOf?: JsonSchema[]
}

/** Makes the page in Markdown that lists every key of topology files, those within others below them. */
export function topologyPage(schema: JsonSchema): string {
  return INTRODUCTION + rowsOf(schema, '').join('\n') + '\n'
}

function rowsOf(schema: JsonSchema, path: string): string[] {
  const rows = new Set<string>()
  for (const [key, value] of childrenOf(schema)) {
    const at = `${path}${path === '' || key === '[]' ? '' : '.'}${key}`
    const isRequired = schema.required?.includes(key) === true
    const meaning = [...(isRequired ? ['required'] : []), value.description ?? ''].filter(Boolean).join('; ')
    if (key !== '[]' && key !== 'NAME') rows.add(`| \`${at}\` | ${cell(kindOf(value))} | ${cell(meaning)} |`)
    for (const row of rowsOf(value, at)) rows.add(row)
  }
  return [...rows]
}

/** What stands within a value: keys, the values of keys that the file names, and the elements of a list. */
function childrenOf({
  properties = {},
  additionalProperties,
  items,
  anyOf = []
}: JsonSchema): [string, JsonSchema][] {
  const children = Object.entries({ ...properties, NAME: additionalProperties, '[]': items })
  const own = children.filter((child): child is [string, JsonSchema] => typeof child[1] === 'object')
  return [...own, ...anyOf.flatMap(childrenOf)]
}

/** What kind of value it is, in words. */
function kindOf(schema: JsonSchema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map(value => `\`${value}\``).join(', ')
  return schema.type === 'array' ? 'list' : (schema.type ?? 'anything')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
