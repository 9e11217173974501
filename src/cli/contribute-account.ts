/*
 * The account that a contributor is registered and staked under, brought to where it can serve: made where there is none, and
 * registered only after a person saw what that costs. Everything is looked up first, so a run that was killed is continued.
 */
import { existsSync, mkdirSync } from 'node:fs'
import type { Result } from '../base/result.ts'
import {
  type ContributorStanding,
  planRegistration,
  type RegistrationPlan,
  registerContributor,
  type WantedContributor,
} from '../chain/contributor-registration.ts'
import { contributorRegistryAt } from '../chain/operator-registry.ts'
import type { OperatorStepName } from '../chain/operator-steps.ts'
import { type PrivateKey, randomPrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { describeStepsFailure, type StepProgress, type StepsFailure } from '../chain/take-steps.ts'
import type { Sender } from '../chain/transactions.ts'
import { creditLimitDefaultAmount } from '../contributor/limits.ts'
import { atomic } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import { readOwnKey, writeDurably } from './channel-file.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { formatCoinRoundedDown, formatCoinRoundedUp } from './contracts-report.ts'
import { rememberedCoordinators } from './contribute-contracts.ts'
import type { MetGateway } from './contribute-gateway.ts'
import type { ContributeOptions, ReadOptions } from './contribute-options.ts'
import { givePlayMoney, playPasswordFile } from './contribute-playground.ts'
import { labelled, type Screen } from './contribute-screen.ts'
import { type ContributorFile, contributorPaths, writeContributorFile } from './contributor-file.ts'
import { keepFormerCredit } from './former-credit.ts'
import { findOrMakeAccount, type OperatorAccount } from './operator-account.ts'

export type ReadyAccount = {
  readonly file: ContributorFile
  readonly signingKey: PrivateKey
  /** Where it was opened to send something: it may send a claim too. */
  readonly sender: Sender | undefined
}

/** Registered, staked, with a payout: what is left to send was sent. Throws CommandFailure with what is missing. */
export async function readyAccount(
  { options, known, remembered }: ReadOptions,
  met: MetGateway,
  surroundings: {
    readonly screen: Screen
    readonly terminal: Terminal
    readonly rememberedEngine: string
  },
): Promise<ReadyAccount> {
  const { screen, terminal, rememberedEngine } = surroundings
  const { folder } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const account = await accountOf(options, met, terminal)
  const signingKey = await readOrMakeSigningKey(contributorPaths(folder).signingKey)
  const file = fileOf({ options, met, account, agent: { ...remembered, engine: rememberedEngine } })
  if (met.isChanged && known !== undefined) keepFormerCredit(folder, known.gateway.operator)
  // Before anything is staked: what is needed to get out again is on the disk.
  writeContributorFile(folder, file)
  const registry = contributorRegistryAt(met.terms.chain.contributor_registry)
  const wanted = wantedOf(met, { file, signingKey, options })
  const look = async () =>
    orFail(await planRegistration(met.rpc, { registry, account: account.address, wanted }))
  let plan = await look()
  if (met.isPlayground && (plan.missing.stake > 0n || plan.missing.coin > 0n)) {
    await givePlayMoney(met, account.address, plan.missing)
    plan = await look()
  }
  introduce(plan, screen)
  const { chain_id: chainId } = met.terms.chain
  const openSender = () => account.openSender({ rpc: met.rpc, chainId })
  if (plan.steps.length === 0) {
    // Nobody is asked for a password only so that the agent could claim by itself; who gave one wants that.
    const sender = account.opensUnasked ? await openSender() : undefined
    return { file, signingKey, sender }
  }
  showCost(plan, screen)
  refuseIfPoor(plan, met)
  if (!met.isPlayground) await confirmOrEnd('Register and stake?', options)
  const sender = await openSender()
  orFail(
    await registerContributor({
      ...{ rpc: met.rpc, registry, sender, wanted },
      onProgress: (progress) => report(progress, screen),
    }),
  )
  return { file, signingKey, sender }
}

const accountOf = (
  { account, folder }: ContributeOptions,
  { isPlayground }: MetGateway,
  terminal: Terminal,
): Promise<OperatorAccount> =>
  findOrMakeAccount(
    isPlayground
      ? { ...account, passwordFile: account.passwordFile ?? playPasswordFile(folder) }
      : account,
    terminal,
  )

/** The key that signs Work. On the disk before it is registered. */
async function readOrMakeSigningKey(path: string): Promise<PrivateKey> {
  if (existsSync(path)) return readOwnKey(path)
  const key = randomPrivateKey()
  writeDurably(path, `${key}\n`)
  return key
}

function fileOf(parts: {
  readonly options: ContributeOptions
  readonly met: MetGateway
  readonly account: OperatorAccount
  readonly agent: Readonly<Record<string, unknown>>
}): ContributorFile {
  const { options, met, account, agent } = parts
  const { gateway, gateway_keys: keys, chain } = met.terms
  const { creditLimit } = options
  const { payout_token: token } = chain
  return {
    gateway: { origin: met.origin, operator: gateway, keys },
    chain: {
      chainId: chain.chain_id,
      rpcUrl: met.rpcUrl,
      contributorRegistry: chain.contributor_registry,
      receiptVerifier: chain.receipt_verifier,
      settlement: chain.settlement,
    },
    coordinators: rememberedCoordinators(options, met),
    contributor: account.address,
    signerUrl: options.account.signerUrl ?? null,
    payout: {
      token: token.address,
      receiver: options.payout ?? account.address,
      minWithdrawDelayS: chain.withdraw_delay_min_s,
    },
    creditLimit:
      creditLimit === undefined
        ? atomic(creditLimitDefaultAmount)
        : parseAmount('--credit-limit', creditLimit, token.decimals),
    agent,
  }
}

function wantedOf(
  { terms }: MetGateway,
  own: {
    readonly file: ContributorFile
    readonly signingKey: PrivateKey
    readonly options: ContributeOptions
  },
): WantedContributor {
  const { file, signingKey, options } = own
  const { token, receiver, minWithdrawDelayS } = file.payout
  return {
    signingKey: addressOfPrivateKey(signingKey),
    stake: terms.min_stake,
    endpoint: options.direct?.publicUrl ?? 'tunnel',
    payout: {
      chainId: file.chain.chainId,
      token,
      receiver,
      minWithdrawDelay: minWithdrawDelayS,
    },
  }
}

function orFail<T>(result: Result<T, StepsFailure>): T {
  if (result.ok) return result.value
  throw new CommandFailure(describeStepsFailure(result.error))
}

const amountsOf =
  ({ asset }: ContributorStanding) =>
  (amount: bigint) =>
    `${formatAmount(amount, asset.decimals)} ${asset.symbol}`

function introduce({ standing, steps }: RegistrationPlan, screen: Screen): void {
  const { account, balance, coinBalance, stake, state } = standing
  const amount = amountsOf(standing)
  const has = `has ${amount(balance)} and ${formatCoinRoundedDown(coinBalance)} for gas`
  const stands =
    steps.length === 0 ? `registered, ${amount(stake)} at stake` : `${stateWords[state]}; ${has}`
  screen.tell(
    { event: 'account', account, state, stake, balance, stepsLeft: steps.length },
    ...labelled('account', account, stands),
  )
}

const stateWords: Readonly<Record<ContributorStanding['state'], string>> = {
  unregistered: 'not registered yet',
  open: 'registered, and not yet as it must be',
  paused: 'registered and paused',
}

function showCost(plan: RegistrationPlan, screen: Screen): void {
  const { standing, steps, stakeAdded, cost } = plan
  const amount = amountsOf(standing)
  const days = Math.ceil(standing.terms.unbondingDelayS / 86_400)
  screen.tell(
    {
      event: 'cost',
      stake: stakeAdded,
      gas: cost.fee,
      steps: steps.map(({ functionName }) => functionName),
    },
    ...labelled(
      'cost',
      `stake  ${amount(stakeAdded)}, yours again ${days} days after you leave; lost where you cheat`,
      `gas    about ${formatCoinRoundedUp(cost.fee)}, for ${steps.length} transaction${steps.length === 1 ? '' : 's'}`,
    ),
  )
}

function refuseIfPoor({ standing, missing }: RegistrationPlan, { terms }: MetGateway): void {
  if (missing.stake === 0n && missing.coin === 0n) return
  const needs = [
    ...(missing.stake > 0n
      ? [`${amountsOf(standing)(missing.stake)} (token ${standing.asset.address})`]
      : []),
    ...(missing.coin > 0n ? [`${formatCoinRoundedUp(missing.coin)} for gas`] : []),
  ]
  throw new CommandFailure(
    `${standing.account} lacks ${needs.join(' and ')}: send it that on chain ${terms.chain.chain_id} and run this again; nothing was sent, and nothing is lost`,
  )
}

const stepWords: Readonly<Partial<Record<OperatorStepName, string>>> = {
  approve: 'the registry may take the stake',
  register: 'registered and staked',
  addStake: 'stake added',
  addSigningKey: 'signing key added',
  registerPayout: 'payout address registered',
  cancelUnbonding: 'stake kept from leaving',
  resume: 'resumed',
}

function report(progress: StepProgress, screen: Screen): void {
  if (progress.event === 'mined') {
    const { functionName } = progress.step
    const { transactionHash } = progress.mined
    screen.tell(
      { event: 'mined', step: functionName, transactionHash },
      ...labelled('', `✓ ${stepWords[functionName] ?? functionName}  ${transactionHash}`),
    )
  }
  if (progress.event === 'waiting') {
    const { pendingTransactions } = progress
    screen.tell(
      { event: 'waiting', pendingTransactions },
      ...labelled('', `waiting for ${pendingTransactions} transaction(s) of an earlier run`),
    )
  }
}
