/*
 * What honest parties sign, by the code that signs for them: a gateway of several replicas on its ledger, with crashes and their
 * recovery, and a contributor with its book of jobs, killed and started again. Only what left the house is told: an answer
 * whose receipt was not yet durable when the power went was never given.
 */
import { join } from 'node:path'
import { type GatewaySigner, sealReceipt } from '../../src/attestation/seal-receipt.ts'
import { assert } from '../../src/base/assert.ts'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
} from '../../src/client/parse-receipt-document.ts'
import type { JobBook } from '../../src/contributor/job-book.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { signWork } from '../../src/contributor/sign-work.ts'
import { StreamCheckpoints } from '../../src/contributor/stream-checkpoints.ts'
import type { SignedCheckpoint } from '../../src/domain/checkpoint.ts'
import type { OrphanedHold } from '../../src/domain/hold.ts'
import { type PriceSheet, priceRoundedUp } from '../../src/domain/price-sheet.ts'
import type { SignedWork, Work } from '../../src/domain/receipt.ts'
import {
  address,
  atomic,
  type Bytes32,
  bytes32,
  noSignature,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { noUsage } from '../../src/domain/usage.ts'
import { settleUsage } from '../../src/metering/settle-usage.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { channelIdOf, holdOf, openSignedChannel, untilDurable } from './channels.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { seededRandom } from './seeded-random.ts'
import type { SlashingParty, SlashingPlace } from './slashing-place.ts'
import type { StoreKind, StorePlace } from './store-places.ts'

/** Everything that the parties signed and somebody got. */
export type HonestHistory = {
  readonly receipts: ParsedReceipt[]
  readonly works: SignedWork[]
  readonly checkpoints: SignedCheckpoint[]
  readonly sheets: readonly PriceSheet[]
  /** What happened, and how often. */
  readonly done: Map<string, number>
}

type NewRequest = {
  readonly requestId: string
  readonly jobId: Bytes32
  readonly receiptId: Bytes32
}

type Parties = {
  readonly at: SlashingPlace
  readonly gateway: SlashingParty
  readonly contributor: SlashingParty
}

const client = address(`0x${'9c'.repeat(20)}`)
const modelId = bytes32(`0x${'3d'.repeat(32)}`)
const channels = [0, 1, 2].map(channelIdOf)
const wordOf = (n: number): Bytes32 => bytes32(`0x${n.toString(16).padStart(64, '0')}`)

/** `steps` things that happen, one after the other and some at once, the same for the same seed. */
export async function honestHistory(
  parties: Parties,
  kind: StoreKind,
  { seed, steps }: { readonly seed: number; readonly steps: number },
): Promise<HonestHistory> {
  const folder = temporaryFolder()
  const world = new HonestWorld(parties, kind, { seed, folder: folder.path })
  await world.open()
  try {
    for (let step = 0; step < steps; step += 1) await world.step()
    await world.settle()
    return world.history
  } finally {
    await world.close()
    folder.remove()
  }
}

class HonestWorld {
  readonly history: HonestHistory
  readonly #parties: Parties
  readonly #kind: StoreKind
  readonly #random: (below: number) => number
  readonly #folder: string
  #place: StorePlace
  #replicas: LedgerStore[] = []
  #jobs: JobBook | undefined
  readonly #killed: JobBook[] = []
  #requests = 0
  #nowS = 0
  #sheet = 0

  constructor(
    parties: Parties,
    kind: StoreKind,
    terms: { readonly seed: number; readonly folder: string },
  ) {
    this.#parties = parties
    this.#kind = kind
    this.#random = seededRandom(terms.seed)
    this.#folder = terms.folder
    this.#place = kind.createPlace()
    const sheets = [0n, 7n, 350_001n].map((more) => sheetOf(parties, more))
    this.history = { receipts: [], works: [], checkpoints: [], sheets, done: new Map() }
  }

  async open(): Promise<void> {
    this.#nowS = await this.#parties.at.nowS()
    await this.#openReplicas()
    const [store] = this.#replicas
    assert(store !== undefined, 'there is a replica')
    for (const channelId of channels) await openSignedChannel(store, channelId, 10n ** 12n)
    await this.#openJobs()
  }

  async close(): Promise<void> {
    for (const store of this.#replicas) await store.close()
    await this.#place.remove()
    for (const book of [this.#jobs, ...this.#killed]) await book?.close()
  }

  async step(): Promise<void> {
    const dice = this.#random(20)
    if (dice < 12) await this.#answer(this.#newRequest())
    else if (dice < 14) await Promise.all([1, 2, 3].map(() => this.#answer(this.#newRequest())))
    else if (dice < 16) this.#sheet = this.#random(this.history.sheets.length)
    else if (dice < 17) await this.#restartContributor()
    else if (dice < 18) await this.#powerCut()
    else await this.#askAgain()
  }

  /** What crashes left is recovered, and every receipt is asked for once more. */
  async settle(): Promise<void> {
    const [store] = this.#replicas
    assert(store !== undefined, 'there is a replica')
    for (const channelId of channels) {
      await untilDurable(store, channelId)
      for (const body of await store.receipts({ channelId, afterSeq: 0, limit: 1_000 })) {
        this.#gave(body)
        this.#note('reissued')
      }
    }
  }

  #note(what: string): void {
    this.history.done.set(what, (this.history.done.get(what) ?? 0) + 1)
  }

  get #signer(): GatewaySigner {
    const { at, gateway } = this.#parties
    const operator = gateway.operator.address
    const { domain, place } = at
    // A promise so far ahead that its day comes when the test says so.
    return { operator, privateKey: gateway.signingKey, domain, ...place, promiseS: () => 3_600 }
  }

  #newRequest(): NewRequest {
    this.#requests += 1
    const id = this.#requests
    return { requestId: `r${id}`, jobId: wordOf(id), receiptId: wordOf(1_000_000 + id) }
  }

  /** One request: held, streamed by the contributor as far as it gets, charged, and its receipt given. */
  async #answer(request: NewRequest): Promise<void> {
    const store = this.#replicas[this.#random(this.#replicas.length)]
    const channelId = channels[this.#random(channels.length)]
    assert(store !== undefined && channelId !== undefined, 'there is a replica and a channel')
    const held = await store.hold(holdOf(request.requestId, channelId, 1_000_000n))
    assert(held.ok, 'the channel has enough')
    const told = await this.#work(request.jobId)
    if (this.#random(12) === 0) {
      // The gateway dies with this answer in its hands: what the client has of it is recovered.
      store.checkpoint(request.requestId, JSON.stringify({ contentEvents: told.tokens }))
      this.#note('left open')
      return
    }
    const prices = this.history.sheets[this.#sheet]
    assert(prices !== undefined, 'there is a sheet')
    const own = { ...this.#ownAccount(request.jobId), completionTokens: told.tokens }
    const work = told.signed?.work ?? own
    const usage = settleUsage(told.signed === undefined ? undefined : usageOf(work), {
      promptTokensCounted: this.#random(2) === 0 ? undefined : this.#random(900),
      completionTokensCounted: this.#random(2) === 0 ? undefined : this.#random(400),
      promptTokensMax: 1_200,
      messageCount: 1,
      completionBytes: told.tokens * 3,
    })
    const counted = told.signed === undefined ? { ...own, ...tokensOf(usage) } : work
    const cost = usage.completionTokens === 0 ? atomic(0n) : priceRoundedUp(prices, usage)
    const [vouched] = told.signed === undefined ? told.checkpoints.slice(-1) : []
    const decided = await store.charge(request.requestId, cost, (position) =>
      sealReceipt(
        this.#signer,
        {
          ...{ receiptId: request.receiptId, work: counted, client, channelId, cost, prices },
          contributorSignature: told.signed?.signature ?? noSignature,
          ...(vouched && { evidence: { checkpoints: [vouched] } }),
          requestHash: wordOf(1),
          responseHash: wordOf(2),
          priceHash: hashPriceSheet(prices),
          usageSource: usage.source,
          record: '{}',
          sealedAt: unixSeconds(this.#nowS),
          answerId: undefined,
        },
        position,
      ),
    )
    assert(decided !== undefined, 'a request is charged once')
    await decided.durable
    this.#note(told.signed === undefined ? 'without a Work' : `metered ${usage.source}`)
    this.#gave(decided.value.body())
  }

  /** As the agent does it: the book of jobs first, checkpoints behind events, the Work last. */
  async #work(jobId: Bytes32) {
    const { at, gateway, contributor } = this.#parties
    const job = { jobId, gateway: gateway.operator.address }
    const begun = this.#jobs?.begin(job)
    if (begun === undefined) {
      this.#note('refused by the book of jobs')
      return { tokens: 0, checkpoints: [], signed: undefined }
    }
    await begun.durable
    const operator = contributor.operator.address
    const signer = {
      contributor: operator,
      privateKey: contributor.signingKey,
      domain: at.domain,
    }
    const nowMs = this.#nowS * 1_000
    const stream = new StreamCheckpoints({ signer, job, begun, nowMs })
    // Its own look at the durable record comes a turn later.
    await begun.durable
    const tokens = this.#random(300)
    const checkpoints: SignedCheckpoint[] = []
    for (let token = 1; token <= tokens; token += 1) {
      const comment = stream.next(token, nowMs, () => wordOf(token))
      if (comment === undefined) continue
      const encoded = comment.toString().trim().split(' ').at(-1) ?? ''
      checkpoints.push(JSON.parse(Buffer.from(encoded, 'base64url').toString()) as SignedCheckpoint)
    }
    this.history.checkpoints.push(...checkpoints)
    if (this.#random(4) === 0) {
      this.#note('cut')
      // Where nothing was signed yet the job may begin again.
      begun.over()
      return { tokens, checkpoints, signed: undefined }
    }
    begun.signed()
    const account = this.#ownAccount(jobId)
    const work = { ...account, contributor: operator, completionTokens: tokens }
    const signed = signWork(signer, {
      ...work,
      promptTokens: this.#random(1_000),
      cachedPromptTokens: 0,
      commitment: zeroBytes32,
    })
    begun.over()
    this.history.works.push(signed)
    return { tokens, checkpoints, signed }
  }

  #ownAccount(jobId: Bytes32): Work {
    const at = unixSeconds(this.#nowS)
    return {
      ...{ jobId, modelId, gateway: this.#parties.gateway.operator.address },
      ...{ contributor: zeroAddress, inputHash: wordOf(3), outputHash: wordOf(4) },
      ...{ contentHash: wordOf(5), streamRoot: zeroBytes32, commitment: zeroBytes32 },
      ...{ promptTokens: 0, cachedPromptTokens: 0, completionTokens: 0 },
      ...{ startedAt: at, finishedAt: at, status: 0 },
    }
  }

  /** A gateway that lost the line asks for the same job again: the contributor answers what it never signed, and no other. */
  async #askAgain(): Promise<void> {
    if (this.#requests === 0) return
    await this.#work(wordOf(1 + this.#random(this.#requests)))
    this.#note('asked again')
  }

  async #restartContributor(): Promise<void> {
    // Stopped, or killed: then nobody ends what it began, and its file is let go with everything else.
    if (this.#jobs !== undefined && this.#random(2) === 0) this.#killed.push(this.#jobs)
    else await this.#jobs?.close()
    await this.#openJobs()
    this.#note('contributor restarted')
  }

  async #openJobs(): Promise<void> {
    const opened = await openJobBook(join(this.#folder, 'jobs'), 64)
    if (!opened.ok) throw new Error(opened.error)
    this.#jobs = opened.value
  }

  /** All replicas die at once; what is on the disk goes on, and what was open is charged by recovery. */
  async #powerCut(): Promise<void> {
    const copy = await this.#place.copy()
    for (const store of this.#replicas) await store.close()
    await this.#place.remove()
    this.#place = copy
    await this.#openReplicas()
    const [store] = this.#replicas
    for (const orphan of (await store?.orphanedHolds()) ?? []) await this.#recover(store, orphan)
    this.#note('power cut')
  }

  async #recover(store: LedgerStore | undefined, orphan: OrphanedHold): Promise<void> {
    const id = Number(orphan.requestId.slice(1))
    const { contentEvents } = JSON.parse(orphan.checkpoint ?? '{"contentEvents":0}') as {
      readonly contentEvents: number
    }
    const [prices] = this.history.sheets
    assert(prices !== undefined, 'there is a sheet')
    const usage = { ...noUsage, completionTokens: contentEvents }
    const cost = priceRoundedUp(prices, usage)
    const work = { ...this.#ownAccount(wordOf(id)), ...tokensOf(usage), status: 1 as const }
    const decided = await store?.charge(orphan.requestId, cost, (position) =>
      sealReceipt(
        this.#signer,
        {
          ...{ work, client, cost, prices, channelId: orphan.channelId },
          receiptId: wordOf(1_000_000 + id),
          contributorSignature: noSignature,
          requestHash: wordOf(1),
          responseHash: zeroBytes32,
          priceHash: hashPriceSheet(prices),
          usageSource: 'counted',
          record: '{}',
          sealedAt: unixSeconds(this.#nowS),
          answerId: undefined,
        },
        position,
      ),
    )
    await decided?.durable
    if (decided === undefined) return
    this.#note('recovered')
    this.#gave(decided.value.body())
  }

  async #openReplicas(): Promise<void> {
    const count = this.#kind.name === 'Redis' ? 2 : 1
    this.#replicas = []
    for (let i = 0; i < count; i += 1) this.#replicas.push(await this.#place.open())
  }

  #gave(body: string): void {
    const parsed = parseReceiptDocument(Buffer.from(body))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    this.history.receipts.push(parsed.value)
  }
}

const usageOf = (work: Work) => ({ ...tokensOf(work), reasoningTokens: 0 })

const tokensOf = ({
  promptTokens,
  cachedPromptTokens,
  completionTokens,
}: Pick<Work, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>) => ({
  promptTokens,
  cachedPromptTokens,
  completionTokens,
})

const sheetOf = ({ at, gateway }: Parties, more: bigint): PriceSheet => ({
  operator: gateway.operator.address,
  modelId,
  asset: at.asset.address,
  promptAtomicPerMtok: atomic(150_000n + more),
  cachedPromptAtomicPerMtok: atomic(75_000n + more),
  completionAtomicPerMtok: atomic(600_000n + more),
  validFrom: unixSeconds(0),
  validUntil: unixSeconds(0),
})
