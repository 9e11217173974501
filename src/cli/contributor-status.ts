/*
 * Everything that can be known of a contributor, from four sides that need not be there at the same time: its own folder, its
 * agent, its gateway and its node.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId } from '../chain/contracts.ts'
import type { ContributorStanding } from '../chain/contributor-registration.ts'
import { isServingNow } from '../chain/operator-standing.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import { describeBillingFailure } from '../client/ask-gateway.ts'
import { type PayoutStanding, readStandings } from '../contributor/claim-payouts.ts'
import { firstWithdrawalAtS } from '../contributor/claim-verdict.ts'
import { type AgentStatus, askAgent } from '../contributor/control-socket.ts'
import { type CreditBook, unpaidAmount } from '../contributor/credit-book.ts'
import { askStanding, saysNotJoined } from '../contributor/join-gateway.ts'
import type { RemoteStanding } from '../contributor/joining-answers.ts'
import { claimLeadS } from '../contributor/limits.ts'
import type { Address } from '../domain/units.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { type CoordinatorDue, readCoordinatorDues } from './contributor-contracts.ts'
import type { ContributorFile } from './contributor-file.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  addressesOf,
  amountsOf,
  type ContributorPlace,
  joinedPlace,
  lookAtStanding,
  memberOf,
  type OwnKeys,
  openPlace,
  readCredit,
  readOwnKeys,
} from './contributor-place.ts'
import { contributorJson, contributorLines } from './contributor-status-report.ts'
import { isFormerCredit } from './former-credit.ts'

/** What each side says; an error is one line for a person. */
export type ContributorView = {
  readonly folder: string
  readonly file: ContributorFile
  readonly book: CreditBook
  readonly signingAddress: Address | undefined
  /** Undefined where none runs. */
  readonly agent: Result<AgentStatus, string> | undefined
  readonly gateway: Result<RemoteStanding, string>
  readonly chain: Result<ChainView, string>
  /** What coordinators owe. */
  readonly contracts: readonly CoordinatorDue[]
  readonly warnings: readonly string[]
  readonly nowMs: number
}

export type ChainView = {
  readonly standing: ContributorStanding
  readonly payouts: readonly PayoutStanding[]
  readonly token: TokenLabel
}

/** `vouch contributor status`: shows what it can learn; what it cannot learn it says, and ends well all the same. */
export async function showStatus(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  const nowMs = surroundings.nowMs()
  const { book } = await readCredit(place)
  const keys = await readOwnKeys(place)
  const [agent, gateway, chain, contracts] = await Promise.all([
    askAgent(place.paths.socket, 'status'),
    askGatewayView(place, keys, nowMs),
    readChainView(place, keys),
    readCoordinatorDues(place),
  ])
  const known = {
    folder: place.folder,
    file: place.file,
    book,
    agent,
    gateway,
    chain,
    contracts,
    nowMs,
  }
  const signingAddress = keys.current && addressOfPrivateKey(keys.current)
  const warnings = warningsOf({ ...known, signingAddress }, keys)
  const view = { ...known, signingAddress, warnings }
  report(surroundings, options, { lines: contributorLines(view), value: contributorJson(view) })
  return 0
}

async function askGatewayView(
  place: ContributorPlace,
  { current }: OwnKeys,
  nowMs: number,
): Promise<Result<RemoteStanding, string>> {
  if (current === undefined) return err('there is no signing key to ask it with')
  const standing = await askStanding(joinedPlace(place), memberOf(place, current, nowMs))
  if (standing.ok) return standing
  const { error } = standing
  return err(saysNotJoined(error) ? 'you are not in its pool' : describeBillingFailure(error))
}

async function readChainView(
  place: ContributorPlace,
  keys: OwnKeys,
): Promise<Result<ChainView, string>> {
  const { rpc, file } = place
  const right = await checkChainId(rpc, file.chain.chainId)
  if (!right.ok) return err(describeChainFailure(right.error))
  const credit = await readCredit(place)
  const [standing, payouts, token] = await Promise.all([
    lookAtStanding(place, addressesOf(keys)),
    readStandings(rpc, credit),
    readTokenLabel(rpc, file.payout.token),
  ])
  if (!standing.ok) return err(describeChainFailure(standing.error))
  if (!payouts.ok) return err(describeChainFailure(payouts.error))
  if (!token.ok) return err(describeChainFailure(token.error))
  return ok({ standing: standing.value, payouts: payouts.value, token: token.value })
}

/** What a person has to do something about, the most urgent first. */
function warningsOf(view: Omit<ContributorView, 'warnings'>, keys: OwnKeys): readonly string[] {
  const { file, book, agent, chain, nowMs } = view
  const warnings: string[] = []
  if (chain.ok) warnings.push(...withdrawalWarnings(chain.value, nowMs / 1000))
  if (unpaidAmount(book) >= file.creditLimit) {
    warnings.push('the gateway owes you the credit limit: no job is taken until it pays')
  }
  if (chain.ok) warnings.push(...registryWarnings(chain.value.standing, view.signingAddress))
  if (keys.next !== undefined || keys.previous !== undefined) {
    warnings.push("a rotation of the signing key is not finished: 'vouch contributor rotate-key'")
  }
  for (const name of formerBooks(view.folder)) {
    warnings.push(
      `${name} has vouchers of a former gateway: 'vouch contributor claim --credit ${join(view.folder, name)}'`,
    )
  }
  if (agent === undefined) warnings.push("no agent runs here: 'vouch contribute' starts one")
  if (agent?.ok && agent.value.connected === false) {
    const minutes = Math.round((nowMs - agent.value.gatewaySeenAtMs) / 60_000)
    if (minutes > 0) warnings.push(`the gateway has not been reached for ${minutes} min`)
  }
  return warnings
}

/** What 'vouch contribute' put aside when it began to work for another gateway. */
const formerBooks = (folder: string): readonly string[] =>
  readdirSync(folder).filter(isFormerCredit)

function withdrawalWarnings({ payouts, standing }: ChainView, nowS: number): readonly string[] {
  const finalAtS = firstWithdrawalAtS(payouts)
  if (finalAtS === undefined) return []
  const leftS = finalAtS - Math.max(nowS, standing.headS)
  const at = new Date(finalAtS * 1000).toISOString()
  if (leftS <= 0) return [`the gateway's withdrawal has been final since ${at}`]
  const hours = Math.floor(leftS / 3600)
  const urgency = leftS < claimLeadS ? "claim now: 'vouch contributor claim'" : 'claim before that'
  return [`the gateway withdraws its escrow, final in ${hours} h (${at}): ${urgency}`]
}

function registryWarnings(
  standing: ContributorStanding,
  signingAddress: Address | undefined,
): readonly string[] {
  const { stake, terms, unbonding, withdrawableAtS, headS, asset, keys, state } = standing
  const amount = amountsOf(asset)
  const warnings: string[] = []
  if (withdrawableAtS !== undefined && headS >= withdrawableAtS) {
    warnings.push(`${amount(unbonding)} can be withdrawn: 'vouch contributor unstake'`)
  }
  const key = keys.find((known) => known.key === signingAddress)
  if (state === 'open' && key !== undefined && key.state !== 'active') {
    warnings.push(`the registry does not know the signing key as active (${key.state})`)
  }
  if (state === 'open' && !isServingNow(standing) && stake > 0n && stake < terms.minStake) {
    warnings.push(`${amount(stake)} is at stake, and ${amount(terms.minStake)} is the least`)
  }
  return warnings
}
