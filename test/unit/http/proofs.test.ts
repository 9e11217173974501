import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { retrieveProof } from '../../../src/http/inference/proofs.ts'
import type { RouteCall } from '../../../src/http/route-call.ts'

const channelId = `0x${'c1'.repeat(32)}`
const job = { proofId: 'proof_1', channelId, state: 'proving', createdAtMs: 0 }

test('who leaves before the first event of a proof is followed by nobody', async () => {
  let followers = 0
  const proofs = {
    retrieve: async () => ok({ job }),
    follow: () => {
      followers += 1
      return () => {
        followers -= 1
      }
    },
  }
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const server = createServer(async (incoming, outgoing) => {
    const enter = async () => {
      reach()
      await once(outgoing, 'close')
      return ok(channelId)
    }
    const door = { billing: {}, proofs }
    const call = { door, entrance: { enter }, incoming, outgoing, id: job.proofId }
    await retrieveProof(call as unknown as RouteCall)
    answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const leaving = new AbortController()
  const { port } = server.address() as AddressInfo
  const asking = fetch(`http://127.0.0.1:${port}/`, {
    headers: { accept: 'text/event-stream' },
    signal: leaving.signal,
  })
  await reached
  leaving.abort()
  await expect(asking).rejects.toThrow()
  await answered
  expect(followers).toBe(0)
  server.close()
})
