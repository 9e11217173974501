/*
 * A process to kill: an agent over the book of jobs in argv[2] with the key in argv[3], for the gateway in argv[4], before an
 * engine of its own that never says the same twice. Says where it listens, and serves until it is ended.
 */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openAgent } from '../../src/contributor/agent.ts'
import { startAgentServer } from '../../src/contributor/agent-server.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { address, atomic } from '../../src/domain/units.ts'
import { testDomain, testModelId } from './gateway-on-ledger.ts'
import {
  answerWell,
  chunk,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  stopEvent,
} from './scripted-upstream.ts'

const [path = '', keyText = '', gateway = ''] = process.argv.slice(2)
const privateKey = parsePrivateKey(keyText)
const jobs = await openJobBook(path, 64)
if (privateKey === undefined || !jobs.ok) throw new Error('no key, or no book of jobs')

const word = (): string => randomBytes(4).toString('hex')
const engine = await startScriptedUpstream((request, response) => {
  if (request.json['stream'] !== true) return void answerWell([word()])(request, response)
  startSse(response)
  let left = 150
  const write = (): void => {
    if (left === 0) response.end(stopEvent + sseDone)
    else response.write(sse(chunk({ content: word() })), () => setImmediate(write))
    left -= 1
  }
  write()
})
const free = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}
const agent = openAgent({
  engine: { baseUrl: engine.baseUrl },
  models: [{ id: 'm', modelId: testModelId, asks: { floor: free, points: [] } }],
  signer: { contributor: addressOfPrivateKey(privateKey), privateKey, domain: testDomain },
  gateway: address(gateway),
  jobs: jobs.value,
  slots: 64,
  waitingMax: 64,
  onJobEnd: () => {},
  nowMs: Date.now,
})
const server = await startAgentServer(agent, { host: '127.0.0.1', port: 0, secret: undefined })
writeSync(1, `${server.url}\n`)
