// Prints what the last `npm test` with CI set counted, vitest's and forge's tests together, in one plain line.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '.vouch')
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))

const vitest = read('vitest-results.json') as {
  readonly numPassedTests: number
  readonly numFailedTests: number
}
/** forge: suite → tests → status. */
const forge = read('forge-results.json') as Readonly<
  Record<string, { readonly test_results: Readonly<Record<string, { readonly status: string }>> }>
>
const statuses = Object.values(forge).flatMap((suite) =>
  Object.values(suite.test_results).map(({ status }) => status),
)
const forgePassed = statuses.filter((status) => status === 'Success').length
const failed = vitest.numFailedTests + statuses.length - forgePassed
process.stdout.write(`${vitest.numPassedTests + forgePassed} passed, ${failed} failed\n`)
process.exit(failed === 0 && statuses.length > 0 && vitest.numPassedTests > 0 ? 0 : 1)
