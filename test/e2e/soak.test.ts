/*
 * The soak of bench/soak.ts, small: whatever requests and streams leave behind, it is as much after the last of them as
 * after the first.
 */
import { expect, test } from 'vitest'
import { startSoakGateway } from '../../bench/soak-gateway.ts'
import { soakStreams } from '../../bench/soak-streams.ts'
import { leaksIn, leaksOfStreams } from '../../bench/soak-verdict.ts'
import { type SoakSize, soak } from '../../bench/soak-work.ts'
import { startUpstream } from '../../bench/upstream.ts'

/** Far beyond what a busy machine takes. */
const timeoutMs = 240_000

test(
  'two thousand requests and three hundred streams that are left leave nothing behind',
  async () => {
    const size: SoakSize = { requests: 2_000, abortedStreams: 300, parts: 2, connections: 50 }
    const upstream = await startUpstream()
    const gateway = await startSoakGateway(upstream.host)
    const samples = await soak(gateway, size, () => {})
    await gateway.stop()
    await upstream.close()
    expect(leaksIn(samples, size)).toEqual([])
    const receipts = samples.map(({ books }) => books.receipts)
    // Each answer has one; a stream that was left has one where something of it was delivered.
    expect(receipts.slice(0, 3)).toEqual([0, 1_000, 2_000])
    expect(receipts.at(-1)).toBeGreaterThan(2_200)
  },
  timeoutMs,
)

test(
  'five hundred streams at once are whole, in order, and hash to their receipts',
  async () => {
    const run = await soakStreams(500, { warm: false })
    expect(leaksOfStreams(run)).toEqual([])
  },
  timeoutMs,
)
