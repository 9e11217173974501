/* `vouch example treasury` in one command: what the treasury acts on is proven, and the chain verified the proof. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { exampleTimeoutMs, runExample } from '../support/run-example.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()
afterAll(() => folder.remove())

// Built once: what lies there already is found.
beforeAll(() => {
  const built = spawnSync(process.execPath, ['scripts/zk-dev.ts', 'volatility'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(built).toMatchObject({ status: 0 })
})

test(
  'a treasury rebalances by an answer whose proof came with its delivery',
  async () => {
    const { code, output } = await runExample(['treasury'], folder.path)
    expect(output).toMatch(/ModelProofs knows the model's verifier at 0x\w{40}/)
    expect(output).toMatch(/delivered, verified on the chain: content 0x\w{64} {2}\([\d,]+ gas/)
    expect(output).toMatch(/^ {2}volatility +\d+, which is \d+\.\d\d %, proven$/m)
    const share = Number(/^ {2}shareBps +(\d+):/m.exec(output)?.[1])
    // The market of the example is more volatile than the treasury wants to be.
    expect(share).toBeGreaterThan(0)
    expect(share).toBeLessThan(10_000)
    expect(code).toBe(0)
  },
  exampleTimeoutMs,
)
