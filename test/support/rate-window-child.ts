/*
 * A gateway that is killed: argv[2] is the file of its rate windows, argv[3] a file in which it says what it was given, one
 * line each: `reserved AMOUNT`, `corrected BY`. Eight at once claim without end and correct every second claim down; `busy`
 * on standard output says that there were many.
 */
import { openSync, writeSync } from 'node:fs'
import type { RateLimit } from '../../src/store/rate-window-store.ts'
import { openSqliteRateWindows } from '../../src/store/rate-window-store-sqlite.ts'

const [path = '', journalPath = ''] = process.argv.slice(2)
const nowMs = 1_000_000_000_000
const store = openSqliteRateWindows(path, nowMs)
const journal = openSync(journalPath, 'a')
const limit: RateLimit = { counter: 'account', max: 2 ** 40, windowMs: 86_400_000 }

/** Whoever kills this process finds every line that was said, as a pipe would not promise. */
const say = (line: string) => writeSync(journal, `${line}\n`)

async function claimForEver(): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const amount = 10 + (turn % 7)
    const reserved = await store.reserve([{ limit, amount }], nowMs)
    if (!reserved.ok) throw new Error('there is room')
    say(`reserved ${amount}`)
    if (turn === 100) process.stdout.write('busy\n')
    if (turn % 2 === 0) continue
    say(`corrected ${amount - 4}`)
    await store.correct(reserved.value, [4], nowMs)
  }
}

await Promise.all(Array.from({ length: 8 }, claimForEver))
