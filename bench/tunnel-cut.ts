/*
 * `node bench/tunnel-cut.ts`: two hundred signed streams through one connection, which is lost in their middle and comes back
 * 30 seconds later. Says how many came whole, and how long each waited once the line was there again. README.md has figures.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { randomPrivateKey } from '../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import { startCutLine } from '../test/support/cut-line.ts'
import { median } from './statistics.ts'
import { eventsPerStream } from './traffic.ts'
import { askOnce, expectedOf, openTunnelGateway } from './tunnel-gateway.ts'
import { startAgent, startEngine, streams } from './tunnel-process.ts'

const goneMs = 30_000

const { child: engine, host } = await startEngine()
const key = randomPrivateKey()
const contributor = addressOfPrivateKey(key)
const gateway = await openTunnelGateway([contributor])
const line = await startCutLine(gateway.port)
const { gatewayKey, pools } = gateway
const agent = startAgent({ host, port: line.port, gatewayKey, key, signs: true })
await gateway.allUp

let mendedAtMs = Number.POSITIVE_INFINITY
let events = 0
let whole = 0
const waitedMs: number[] = []
const { baseUrl } = expectedOf(contributor)
const asked = Array.from({ length: streams }, async () => {
  let text = ''
  let isBack = false
  await askOnce(pools, { baseUrl, kind: 'paced' }, (chunk) => {
    text += chunk.toString()
    if (performance.now() < mendedAtMs) return
    if (!isBack) waitedMs.push(performance.now() - mendedAtMs)
    isBack = true
  })
  if (text.endsWith('data: [DONE]\n\n') || text.includes('data: [DONE]\n\n: vouch-work')) whole += 1
  events += text.split('data: {').length - 1
})
// Half of the way: an event each 40 ms.
await wait((eventsPerStream / 2) * 40)
line.cut()
await wait(goneMs)
mendedAtMs = performance.now()
line.mend()
await Promise.all(asked)
const [p50, longest] = [median(waitedMs), Math.max(...waitedMs)]
process.stdout.write(
  `${whole} of ${streams} streams whole, ${events / streams} events each; the first event ` +
    `${p50.toFixed(0)} ms after the line was back (longest ${longest.toFixed(0)} ms)\n`,
)
agent.kill()
engine.kill()
await line.close()
await gateway.close()
