import { existsSync } from 'node:fs'
import type { Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, checkChainId } from '../chain/contracts.ts'
import { type ContributorStanding, readStanding } from '../chain/contributor-registration.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { contributorRegistryAt } from '../chain/operator-registry.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import { type AgentStatus, askAgent, type ControlCommand } from '../contributor/control-socket.ts'
import { emptyCreditBook } from '../contributor/credit-book.ts'
import { readCreditFile, type StoredCredit } from '../contributor/credit-file.ts'
import type { JoinablePlace, Member } from '../contributor/join-gateway.ts'
import type { Address } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { readOwnKey } from './channel-file.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import {
  type ContributorFile,
  type ContributorPaths,
  contributorPaths,
  readContributorFile,
} from './contributor-file.ts'
import type { ContributorOptions } from './contributor-options.ts'
import { findAccount, type OperatorAccount } from './operator-account.ts'

/** What the commands of a contributor work with: its folder and its node. */
export type ContributorPlace = {
  readonly folder: string
  readonly paths: ContributorPaths
  readonly file: ContributorFile
  readonly rpc: JsonRpc
  readonly registry: Contract
}

/** Asks nobody yet. Throws CommandFailure where no contributor is. */
export function openPlace(options: ContributorOptions): ContributorPlace {
  const { folder, creditFile } = options
  const file = readContributorFile(folder)
  const paths = contributorPaths(folder)
  return {
    folder,
    paths: { ...paths, credit: creditFile ?? paths.credit },
    file,
    rpc: jsonRpc(options.rpcUrl ?? file.chain.rpcUrl),
    registry: contributorRegistryAt(file.chain.contributorRegistry),
  }
}

/** On another chain every account would look empty. */
export const checkChain = async ({ rpc, file }: ContributorPlace): Promise<void> =>
  orFail(await checkChainId(rpc, file.chain.chainId))

/** The signing keys of the folder; one that is not there is undefined. */
export type OwnKeys = {
  readonly current: PrivateKey | undefined
  readonly next: PrivateKey | undefined
  readonly previous: PrivateKey | undefined
}

export async function readOwnKeys({ paths }: ContributorPlace): Promise<OwnKeys> {
  const read = async (path: string) => (existsSync(path) ? readOwnKey(path) : undefined)
  return {
    current: await read(paths.signingKey),
    next: await read(paths.nextSigningKey),
    previous: await read(paths.previousSigningKey),
  }
}

export const addressesOf = ({ current, next, previous }: OwnKeys): readonly Address[] => {
  const keys = [current, next, previous].filter((key) => key !== undefined)
  return [...new Set(keys.map(addressOfPrivateKey))]
}

/** Where the contributor stands with its registry, as its own node says. */
export const lookAtStanding = (
  { rpc, registry, file }: ContributorPlace,
  signingKeys: readonly Address[],
): Promise<Result<ContributorStanding, ChainFailure>> =>
  readStanding(rpc, { registry, account: file.contributor, signingKeys })

/** Empty where no voucher came yet. Throws CommandFailure for a file that is damaged. */
export async function readCredit({ paths, file }: ContributorPlace): Promise<StoredCredit> {
  const stored = await readCreditFile(paths.credit)
  if (!stored.ok) throw new CommandFailure(stored.error)
  return stored.value ?? { settlement: file.chain.settlement, book: emptyCreditBook }
}

/** Undefined where no agent runs in the folder. */
export async function tellAgent(
  { paths }: ContributorPlace,
  command: ControlCommand,
): Promise<AgentStatus | undefined> {
  const answer = await askAgent(paths.socket, command)
  if (answer === undefined || answer.ok) return answer?.value
  throw new CommandFailure(`the agent of ${paths.socket}: ${answer.error}`)
}

/** The account whose transactions are to be sent. Its key is not opened yet. */
export async function ownAccount(
  { paths, file }: ContributorPlace,
  options: ContributorOptions,
  terminal: Terminal,
): Promise<OperatorAccount> {
  const { playPassword } = paths
  const passwordFile = options.passwordFile ?? (existsSync(playPassword) ? playPassword : undefined)
  const account = await findAccount(
    {
      keystorePath: paths.keystore,
      passwordFile,
      keyFile: undefined,
      signerUrl: file.signerUrl ?? undefined,
      account: file.signerUrl === null ? undefined : file.contributor,
    },
    terminal,
  )
  if (account?.address === file.contributor) return account
  throw new CommandFailure(
    account === undefined
      ? `${paths.keystore} is not there: bring back a copy of it`
      : `${paths.keystore} is of the account ${account.address}, not of ${file.contributor}`,
  )
}

/** How the gateway is asked about this contributor. */
export const joinedPlace = ({ file }: ContributorPlace): JoinablePlace => ({
  origin: file.gateway.origin,
  gateway: file.gateway.operator,
  chainId: file.chain.chainId,
  contributorRegistry: file.chain.contributorRegistry,
})

export const memberOf = (
  { file }: ContributorPlace,
  signingKey: PrivateKey,
  nowMs: number,
): Member => ({ contributor: file.contributor, signingKey, nowMs })

/** The payout token as a person reads it, and amounts of it. */
export async function readPayoutToken({ rpc, file }: ContributorPlace): Promise<TokenLabel> {
  return orFail(await readTokenLabel(rpc, file.payout.token))
}

export const amountsOf =
  ({ symbol, decimals }: Pick<TokenLabel, 'symbol' | 'decimals'>) =>
  (amount: bigint): string =>
    `${formatAmount(amount, decimals)} ${symbol}`
