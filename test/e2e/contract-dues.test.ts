/*
 * What coordinators owe a contributor: found at a real coordinator, whatever a gateway does with the answers, and withdrawn by a
 * real `vouch contributor claim`.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContract } from '../../src/chain/contracts.ts'
import { deployOnce } from '../../src/chain/deployment.ts'
import {
  inferenceCoordinatorAbi,
  inferenceCoordinatorBytecode,
} from '../../src/chain/generated/inference-coordinator.ts'
import {
  mirroredReceiptVerifierAbi,
  mirroredReceiptVerifierBytecode,
} from '../../src/chain/generated/mirrored-receipt-verifier.ts'
import {
  fulfillCall,
  readBooked,
  readCoordinatorParts,
} from '../../src/chain/inference-coordinator.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender } from '../../src/chain/transactions.ts'
import { contractsFolder } from '../../src/cli/contribute-contracts.ts'
import { writeContributorFile } from '../../src/cli/contributor-file.ts'
import {
  type AcceptedCoordinator,
  checkCoordinator,
  type PaidSigner,
} from '../../src/contributor/check-coordinator.ts'
import { type JobBook, openJobBook } from '../../src/contributor/job-book.ts'
import {
  type OpenContractJobs,
  openContractJobs,
} from '../../src/contributor/open-contract-jobs.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { ContractAsk } from '../../src/domain/contract-job.ts'
import { noPrices } from '../../src/domain/price-sheet.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import {
  makeFolder,
  type OwnContributor,
  type Ran,
  startCommand,
} from '../support/contributor-folder.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
} from '../support/coordinator-place.ts'
import { expectOk } from '../support/dev-chain.ts'

let place: CoordinatorPlace
let own: OwnContributor
let accepted: AcceptedCoordinator
let signer: PaidSigner
const receiver = address(`0x${'4e'.repeat(20)}`)

beforeAll(async () => {
  place = await openCoordinatorPlace()
  const { dev } = place.running
  own = await makeFolder(place.running, 'contributor', {
    operatorKey: dev.keys.contributorOperator,
    signingKey: dev.keys.contributorSigner,
    receiver,
  })
  const { chainId } = dev
  const { coordinator } = place
  const coordinators = [{ chainId, coordinator, rpcUrl: dev.rpcUrl }]
  writeContributorFile(own.folder, { ...own.file, coordinators })
  accepted = { chainId, coordinator, rpc: place.rpc, asset: dev.contracts.asset }
  signer = {
    contributor: own.file.contributor,
    signingAddress: addressOfPrivateKey(own.signingKey),
    receipts: { chainId, verifyingContract: dev.contracts.receiptVerifier },
    decimals: 6,
  }
}, 120_000)

afterAll(() => place?.stop())

type Opened = OpenContractJobs & { readonly events: object[]; readonly book: JobBook }

async function open(
  change: {
    readonly coordinators?: readonly AcceptedCoordinator[]
    readonly signer?: Partial<PaidSigner>
    readonly limit?: bigint
    readonly folder?: string
    readonly nowMs?: () => number
  } = {},
): Promise<Opened> {
  const events: object[] = []
  const folder = change.folder ?? contractsFolder(own.folder)
  const opened = await openContractJobs({
    folder,
    coordinators: change.coordinators ?? [accepted],
    signer: () => ({ ...signer, ...change.signer }),
    limit: atomic(change.limit ?? 1_000_000n),
    onEvent: (event) => events.push(event),
    nowMs: change.nowMs ?? Date.now,
  })
  const book = await openJobBook(`${folder}.jobs`)
  if (!opened.ok || !book.ok) throw new Error('not opened')
  return { ...opened.value, events, book: book.value }
}

const gatewayOf = (): Address => place.running.dev.addresses.gatewayOperator

const wantedOf = (ask: ContractAsk) => ({
  gateway: gatewayOf(),
  modelId: ask.terms.modelId,
  stream: false,
  choiceCount: 1,
  most: { promptTokens: 10, completionTokens: 10 },
  commits: true,
  asks: { ...noPrices, completionAtomicPerMtok: atomic(10_000_000n) },
  accepts: () => true,
})

const admit = ({ jobs }: Opened, ask: ContractAsk) => {
  const { chainId, coordinator, terms, jobId, inputHash } = ask
  const job = { jobId, gateway: gatewayOf(), inputHash }
  return jobs.admit({ chainId, coordinator, terms }, job, wantedOf(ask))
}

/** As the agent does: begun, signed, kept. `contentHash` is of what will be delivered. */
async function answer(opened: Opened, ask: ContractAsk, contentHash: Bytes32): Promise<void> {
  const payable = await admit(opened, ask)
  if (!payable.ok) throw new Error(payable.error.message)
  const begun = await opened.jobs.begin(payable.value, opened.book)
  if (!begun.ok) throw new Error(begun.error.message)
  await begun.value.durable
  begun.value.signed()
  const zero = zeroBytes32
  const work = {
    ...{ jobId: ask.jobId, gateway: gatewayOf(), contributor: own.file.contributor },
    ...{ modelId: ask.terms.modelId, inputHash: ask.inputHash, contentHash },
    ...{ outputHash: zero, streamRoot: zero, commitment: zero },
    ...{ promptTokens: 10, cachedPromptTokens: 0, completionTokens: 10 },
    ...{ startedAt: unixSeconds(1), finishedAt: unixSeconds(2), status: 0 as const },
  }
  const signed = { work, signature: `0x${'5a'.repeat(65)}` as `0x${string}` } as Parameters<
    Opened['jobs']['keep']
  >[0]
  await opened.jobs.keep(signed, { contentType: 'text/plain', body: Buffer.from('yes') })
  begun.value.over()
}

const ask = async (deliveryTime = 600): Promise<ContractAsk> =>
  place.request(
    await place.consumer(consumerCode.silent),
    place.terms({ deliveryTime, gateway: gatewayOf() }),
  )

const booked = async (): Promise<bigint> =>
  expectOk(await readBooked(place.rpc, place.coordinator, own.file.contributor))

async function vouch(...args: readonly string[]): Promise<Ran> {
  return await startCommand(own, args).ended
}

test('a coordinator is worked for only if it is ours, pays in what was agreed, and knows our key', async () => {
  const other = address(`0x${'0e'.repeat(20)}`)
  const asked = await ask()
  const refusals: readonly (readonly [string, Parameters<typeof open>[0], string])[] = [
    [
      'pays in another asset',
      { coordinators: [{ ...accepted, asset: other }] },
      'coordinator_not_accepted',
    ],
    ['its asset has other decimals', { signer: { decimals: 18 } }, 'coordinator_not_accepted'],
    [
      'it verifies receipts of others',
      { signer: { receipts: { ...signer.receipts, verifyingContract: other } } },
      'coordinator_not_accepted',
    ],
    [
      'its registry does not know the key',
      { signer: { signingAddress: other } },
      'coordinator_not_accepted',
    ],
    [
      'the node is of another chain',
      { coordinators: [{ ...accepted, chainId: 1 }] },
      'coordinator_not_accepted',
    ],
  ]
  for (const [index, [why, change, code]] of refusals.entries()) {
    const opened = await open({ ...change, folder: join(own.folder, `refused-${index}`) })
    const refused = await admit(opened, asked)
    expect(refused.ok ? 'admitted' : refused.error.code, why).toBe(code)
    await opened.book.close()
  }
})

test('a contract that only says that it is a coordinator is not one', async () => {
  // Everything that it is asked it answers with 1: payable, among others.
  const forger = await place.consumer('0x600160005260206000f3')
  const coordinators = [{ ...accepted, coordinator: forger }]
  const opened = await open({ coordinators, folder: join(own.folder, 'forged') })
  const refused = await admit(opened, { ...(await ask()), coordinator: forger })
  expect(refused.ok ? 'admitted' : refused.error.code).toBe('coordinator_not_accepted')
  await opened.desk.look()
  expect(opened.events.at(-1)).toMatchObject({ event: 'coordinator_refused' })
  await opened.book.close()
})

test('a coordinator of another chain is worked for if its verifier mirrors the one that we sign for', async () => {
  const { dev } = place.running
  const { contracts } = dev
  const home = { chainId: 8_453, verifyingContract: address(`0x${'0f'.repeat(20)}`) }
  const privateKey = dev.keys.deployer
  const deployer = openSender({ rpc: place.rpc, chainId: dev.chainId, privateKey })
  const mirror = expectOk(
    await deployOnce(place.rpc, deployer, {
      name: 'MirroredReceiptVerifier',
      abi: mirroredReceiptVerifierAbi,
      bytecode: mirroredReceiptVerifierBytecode,
      args: [
        ...[contracts.contributorRegistry, contracts.gatewayRegistry, contracts.receiptAnchor],
        ...[home.chainId, home.verifyingContract],
      ],
    }),
  )
  const { tierEvidence, offers } = expectOk(
    await readCoordinatorParts(place.rpc, place.coordinator),
  )
  const coordinator = expectOk(
    await deployOnce(place.rpc, deployer, {
      name: 'InferenceCoordinator',
      abi: inferenceCoordinatorAbi,
      bytecode: inferenceCoordinatorBytecode,
      args: [contracts.asset, mirror, contracts.contributorRegistry, tierEvidence, offers],
    }),
  )
  const there = { ...accepted, coordinator }
  const mine = { ...signer, receipts: home }
  expect(await checkCoordinator(there, mine, Date.now())).toEqual({ ok: true, value: undefined })
  const others = { ...home, chainId: 10 }
  expect(await checkCoordinator(there, { ...mine, receipts: others }, Date.now())).toMatchObject({
    error: { reason: 'other_verifier' },
  })
})

test('what is delivered is paid, found so, shown and withdrawn', async () => {
  const opened = await open()
  const asked = await ask()
  const job = await place.answered(asked)
  const [given] = job.answers
  if (given?.contentHash === undefined || given.packed === undefined) throw new Error('no answer')
  await answer(opened, asked, given.contentHash)
  await opened.dues.look()
  expect(opened.events.filter((event) => 'jobId' in event)).toEqual([])
  expect(opened.dues.isPaid({ jobId: asked.jobId, gateway: gatewayOf() })).toBe(false)

  const content = given.content ?? '0x'
  const deliverer = await place.account()
  await place.sendAs(
    deliverer.address,
    fulfillCall(asked, { content, packed: [given.packed], proof: '0x' }),
  )
  await opened.dues.look()
  expect(opened.events.at(-1)).toMatchObject({ event: 'contract_job_paid', jobId: asked.jobId })
  const fee = await booked()
  expect(fee).toBeGreaterThan(0n)
  await opened.book.close()

  const shown = JSON.parse((await vouch('earnings', '--json')).stdout)
  expect(shown.contracts).toMatchObject([{ booked: String(fee), openAnswers: 1 }])
  const claimed = await vouch('claim', '--yes', '--json')
  expect(claimed.stderr).toContain('withdrawn in 0x')
  expect(JSON.parse(claimed.stdout).withdrawals).toMatchObject([
    { amount: String(fee), left: null },
  ])
  expect(await booked()).toBe(0n)
  const held = await readContract(place.rpc, {
    contract: devUsdAt(place.running.dev.contracts.asset),
    functionName: 'balanceOf',
    args: [receiver],
  })
  expect(expectOk(held)[0]).toBe(fee)
  const status = await vouch('status')
  expect(status.stdout).toContain('0.00 devUSD booked')
})

test('a gateway that never delivers costs the limit, and no more; deadlines settle what it cost', async () => {
  let nowMs = Date.now()
  const folder = join(own.folder, 'undelivered')
  // Each answer is worth a hundred units.
  const opened = await open({ folder, limit: 250n, nowMs: () => nowMs })
  const asks = [await ask(60), await ask(60), await ask(60), await ask(60)]
  const contentHash = zeroBytes32
  for (const one of asks.slice(0, 3)) await answer(opened, one, contentHash)
  const refused = await admit(opened, asks[3] as ContractAsk)
  expect(refused.ok ? 'admitted' : refused.error.code).toBe('job_not_payable')
  // Behind their deadlines nobody is paid any more, and the loss is for good, also in the next process.
  nowMs += 700_000
  await opened.dues.look()
  nowMs += 700_000
  await opened.dues.look()
  expect(opened.events.filter((event) => 'jobId' in event)).toHaveLength(3)
  expect(opened.dues.settled).toMatchObject([{ lostJobs: 3, lostWorth: 300n, paidJobs: 0 }])
  await opened.book.close()
  const next = await open({ folder, limit: 250n })
  const still = await admit(next, await ask())
  expect(still.ok ? 'admitted' : still.error.code).toBe('job_not_payable')
  expect(next.jobs.knows({ jobId: (asks[0] as ContractAsk).jobId, gateway: gatewayOf() })).toBe(
    false,
  )
  await next.book.close()
})

test('a node that is silent vouches for nothing', async () => {
  const rpc = {
    origin: 'http://127.0.0.1:9',
    call: async () =>
      ({ ok: false, error: { reason: 'chain_unreachable', origin: '', detail: '' } }) as const,
  }
  const opened = await open({
    coordinators: [{ ...accepted, rpc }],
    folder: join(own.folder, 'silent'),
  })
  const refused = await admit(opened, await ask())
  expect(refused.ok ? 'admitted' : refused.error.code).toBe('job_not_checkable')
  await opened.book.close()
})
