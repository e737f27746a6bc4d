import { nginxAnswers, ourAnswers } from '../test/gateway/conformance.ts'
import { CONFORMANCE } from '../test/gateway/conformance-table.ts'
import { hasNginx } from '../test/gateway/nginx.ts'

// How does the gateway answer, and how does Debian's nginx, for the same file? Sends each request of the
// table to both and prints what they answer.
// Usage: npm run bench:conformance
const ours = await ourAnswers()
const nginx = hasNginx ? await nginxAnswers() : []
for (const [at, { request }] of CONFORMANCE.entries()) {
  console.log(JSON.stringify(request.slice(0, 120)))
  console.log(`  gateway  ${ours[at]}`)
  console.log(`  nginx    ${nginx[at] ?? 'not installed'}`)
}
