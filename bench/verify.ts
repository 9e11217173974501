/*
 * What it costs to verify a receipt: offline in Node and in a browser, and what a node of the chain adds. The quickest of
 * many short rounds, because whatever else a machine does only ever adds. The receipt is docs/receipts.md's kind: two signatures, a stream of four events with both bodies at hand.
 *
 *   node bench/verify.ts                 in Node, and with a chain of our own
 *   node bench/verify.ts --browser       in Chromium too (its path in VOUCH_CHROMIUM, as for scripts/test-browser.ts)
 */
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { jsonRpc } from '../src/chain/json-rpc.ts'
import { curveInUse } from '../src/chain/signatures.ts'
import { rememberingRpc } from '../src/client/remembering-rpc.ts'
import { noTrustAnchors } from '../src/client/trust-anchors.ts'
import { verifyOnChain } from '../src/client/verify-on-chain.ts'
import type { Verification } from '../src/client/verify-receipt.ts'
import { unixSeconds, unixSecondsOf } from '../src/domain/units.ts'
import { startDevChain } from '../test/support/dev-chain.ts'
import { proofFixture } from '../test/support/proof-fixtures.ts'
import {
  anchors,
  documentOf,
  nowMs,
  request,
  response,
  signReceipt,
  verificationOf,
} from '../test/support/signed-receipt.ts'
import {
  microsOf,
  readOnce,
  recoverOnce,
  type VerifyInput,
  verifyOnce,
  verifyProofOnce,
} from './verify-round.ts'

const rounds = 40

const input: VerifyInput = {
  document: Buffer.from(JSON.stringify(documentOf(signReceipt()))),
  request,
  response,
  gatewayKey: anchors.gatewayKeys[0]?.key ?? '',
  contributorKey: anchors.contributorKeys[0]?.key ?? '',
  nowMs,
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const row = (name: string, micros: number): void =>
  say(`${name.padEnd(64)}${micros.toFixed(0).padStart(9)} µs`)

function inNode(): void {
  const runs = 50
  row(
    `Node, ${curveInUse} curve: a receipt, ${verifyOnce(input)} lines that hold`,
    microsOf(() => verifyOnce(input), rounds, runs),
  )
  row(
    '  of that: the document read strictly',
    microsOf(() => readOnce(input), rounds, runs),
  )
  row(
    '  read, and both signers recovered',
    microsOf(() => recoverOnce(input), rounds, runs),
  )
}

/** Of `squares` two public inputs and Groth16, of the others UltraHonk: 2^5 rows, and 2^16 with 32 public inputs. */
const proofs: Readonly<Record<string, string>> = Object.fromEntries(
  ['squares', 'product', 'secp256k1'].map((name) => [name, JSON.stringify(proofFixture(name))]),
)

function proofsInNode(): void {
  for (const [name, document] of Object.entries(proofs)) {
    row(
      `Node, a proof of ${name}`,
      microsOf(() => verifyProofOnce(document), rounds / 4, 1),
    )
  }
}

async function onChain(): Promise<void> {
  const running = await startDevChain()
  try {
    const { dev, chain } = running
    const finishedAt = unixSecondsOf(Date.now())
    const receipt = signReceipt({
      keys: { gateway: dev.keys.gatewaySigner, contributor: dev.keys.contributorSigner },
      place: { chainId: dev.chainId, verifyingContract: dev.contracts.receiptVerifier },
      sheet: dev.prices,
      work: {
        gateway: dev.addresses.gatewayOperator,
        contributor: dev.addresses.contributorOperator,
        modelId: dev.prices.modelId,
        startedAt: unixSeconds(finishedAt - 1),
        finishedAt,
      },
      receipt: { channelId: dev.channel.channelId },
    })
    const verification = verificationOf(receipt, { anchors: noTrustAnchors, nowMs: Date.now() })
    const rpc = jsonRpc(chain.url)
    row(
      'a node asked about everything (anvil, same machine)',
      await microsOfChain(rpc, verification),
    )
    const remembering = rememberingRpc(rpc, { forMs: 60_000, nowMs: Date.now })
    row(
      'the same, remembering for a minute, as verifiedFetch does',
      await microsOfChain(remembering, verification),
    )
  } finally {
    await running.stop()
  }
}

async function microsOfChain(
  rpc: ReturnType<typeof jsonRpc>,
  verification: Verification,
): Promise<number> {
  const times: number[] = []
  const runs = 1
  for (let round = 0; round <= rounds; round += 1) {
    const startedAt = performance.now()
    for (let turn = 0; turn < runs; turn += 1) {
      const lines = await verifyOnChain(rpc, verification)
      if (lines.some(({ verdict }) => verdict === 'fails')) throw new Error('it does not hold')
    }
    if (round > 0) times.push(((performance.now() - startedAt) * 1000) / runs)
  }
  return Math.min(...times)
}

type Measured = Readonly<Record<'whole' | 'reading' | 'recovering', number>> & {
  readonly proofs: Readonly<Record<string, number>>
}

async function inBrowser(): Promise<void> {
  const [{ chromium }, { rolldown }, { webTwins }, { default: config }] = await Promise.all([
    import('playwright-core'),
    import('rolldown'),
    import('../scripts/web-twins.ts'),
    import('../vitest.browser.config.ts'),
  ])
  const built = await rolldown({
    input: join(import.meta.dirname, 'verify-page.ts'),
    platform: 'browser',
    plugins: [webTwins],
    logLevel: 'silent',
  })
  const { output } = await built.generate({ format: 'iife', minify: true })
  await built.close()
  const browser = await chromium.launch({
    executablePath: String(config.test?.provide?.chromium),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ content: output[0].code })
    const asked = {
      ...input,
      document: Buffer.from(input.document).toString(),
      request: request.toString(),
      response: response.toString(),
      ...{ rounds, runs: 25, proofs },
    }
    const measured: Measured = await page.evaluate(
      (one) => (globalThis as unknown as { measure: (of: object) => Measured }).measure(one),
      asked,
    )
    row(
      `Chromium ${browser.version().split('.')[0]}, noble curve: the same receipt`,
      measured.whole,
    )
    row('  of that: the document read strictly', measured.reading)
    row('  read, and both signers recovered', measured.recovering)
    for (const [name, micros] of Object.entries(measured.proofs)) {
      row(`Chromium, a proof of ${name}`, micros)
    }
  } finally {
    await browser.close()
  }
}

say(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
)
inNode()
proofsInNode()
await onChain()
if (process.argv.includes('--browser')) await inBrowser()
