/*
 * A gateway as far as its log is asked, over real HTTP: it serves what a log's reader says, or what a liar makes of it.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { bytes32 } from '../../src/domain/units.ts'
import type { LogFacts } from '../../src/gateway/transparency-door.ts'
import type { LogReader } from '../../src/transparency/log-reader.ts'
import { expectOk } from './dev-chain.ts'

/** What is served under a path, instead of the truth; undefined: that there is nothing. */
export type Lie = (path: string, truth: string | undefined) => string | undefined

export type LogFront = { readonly origin: string; readonly stop: () => Promise<void> }

const absent = { error: { message: 'there is none', type: 'x', code: 'none', param: null } }

export async function startLogFront(terms: {
  readonly reader: LogReader
  readonly facts: LogFacts
  readonly promiseS: number
  readonly lie?: Lie
}): Promise<LogFront> {
  const { reader, facts, promiseS, lie = (_, truth) => truth } = terms
  const truthOf = async (path: string): Promise<string | undefined> => {
    if (path === 'head') {
      const head = (await reader.newest()) ?? null
      const batches = head === null ? 0 : head.head.batch + 1
      const counted = { batches, anchoredBatches: batches, promiseS, isPromising: true }
      return JSON.stringify({ object: 'vouch.transparency_log', ...facts, ...counted, head })
    }
    if (path.startsWith('proof?')) {
      const asked = new URLSearchParams(path.slice('proof?'.length))
      const gatewaySeq = Number(asked.get('gatewaySeq'))
      const digest = bytes32(asked.get('digest') ?? '')
      const proof = expectOk(await reader.proof({ gatewaySeq, digest }))
      return proof && JSON.stringify(proof)
    }
    const [, number = '', lines] = /^batches\/(\d+)(\.jsonl)?$/.exec(path) ?? []
    if (lines !== undefined) return expectOk(await reader.entries(Number(number)))
    const document = await reader.batch(Number(number))
    return document && JSON.stringify(document)
  }
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace('/v1/transparency/', '')
    const text = lie(path, await truthOf(path))
    response.writeHead(text === undefined ? 404 : 200)
    response.end(text ?? JSON.stringify(absent))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
