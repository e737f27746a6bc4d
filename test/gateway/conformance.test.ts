import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { conformanceTable, nginxAnswers, ourAnswers } from './conformance.ts'
import { CONFORMANCE } from './conformance-table.ts'
import { hasNginx } from './nginx.ts'

const rowsOf = (answers: string[]) => CONFORMANCE.map(({ request }, at) => [request, answers[at]])

it('answers the requests of the table as it says', async () => {
  expect(rowsOf(await ourAnswers())).toEqual(rowsOf(CONFORMANCE.map(({ ours }) => ours)))
})

it.skipIf(!hasNginx)('is compared with what nginx really answers', async () => {
  expect(rowsOf(await nginxAnswers())).toEqual(rowsOf(CONFORMANCE.map(({ nginx }) => nginx)))
})

it('has the same table in its document', () => {
  const document = readFileSync(new URL('../../docs/gateway.md', import.meta.url), 'utf8')
  expect(document).toContain(conformanceTable())
})
