// Writes npm-shrinkwrap.json, which goes into the package: whoever installs it gets the versions that
// were tested. It is the lockfile without what only developers need.
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
delete lock.packages[''].devDependencies
for (const [path, { dev }] of Object.entries(lock.packages)) if (dev) delete lock.packages[path]
writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(lock, null, 2)}\n`)
