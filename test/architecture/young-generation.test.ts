/*
 * Every way to start a gateway gives V8 the same room for what requests make (docs/decisions/0028): the flag counts only where it
 * stands before the program's own code runs, so it stands in several files.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const flag = '--max-semi-space-size=64'

test.each([
  ['src/main.ts', `#!/usr/bin/env -S node ${flag}\n`],
  ['package.json', `"start": "node ${flag} src/main.ts dev"`],
  ['Dockerfile', `ENTRYPOINT ["node", "${flag}", "src/main.ts"]`],
  ['.ci/run', `node_modules/.bin/node ${flag} src/main.ts dev`],
  ['bench/contenders.ts', `'${flag}'`],
])('%s', (path, way) => {
  expect(read(path)).toContain(way)
})
