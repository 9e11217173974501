/*
 * The contracts that a contributor answers: those of its gateway's own chain, whose coordinator the gateway names and our own
 * node shows for what it is, and those that a person names.
 */
import { join } from 'node:path'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import type { AcceptedCoordinator } from '../contributor/check-coordinator.ts'
import { payableAnswerTimeoutMs } from '../contributor/limits.ts'
import { type OpenContractJobs, openContractJobs } from '../contributor/open-contract-jobs.ts'
import { zeroAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import type { Contribution } from './contribute-agent.ts'
import type { MetGateway } from './contribute-gateway.ts'
import type { ContributeOptions } from './contribute-options.ts'
import type { ScreenEvent } from './contribute-screen.ts'
import type { ContributorFile } from './contributor-file.ts'
import { acceptedCoordinator } from './coordinator-options.ts'

export type ContractBooks = OpenContractJobs & {
  /** What is signed from now on is signed with this key: a coordinator must know it. */
  readonly signWith: (signingKey: PrivateKey) => void
}

/** What lies in the folder, also where no contract is answered any more: what is owed is looked after. */
export async function openContractBooks(
  { options, met, file }: Contribution,
  tell: (event: ScreenEvent) => void,
): Promise<ContractBooks> {
  const { chainId, receiptVerifier: verifyingContract } = file.chain
  let signingAddress = zeroAddress
  const opened = await openContractJobs({
    folder: contractsFolder(options.folder),
    coordinators: coordinatorsOf(options, met),
    signer: () => ({
      contributor: file.contributor,
      signingAddress,
      receipts: { chainId, verifyingContract },
      decimals: met.terms.asset.decimals,
    }),
    limit: file.creditLimit,
    onEvent: tell,
    nowMs: Date.now,
  })
  if (!opened.ok) throw new CommandFailure(opened.error)
  return {
    ...opened.value,
    signWith: (signingKey) => {
      signingAddress = addressOfPrivateKey(signingKey)
    },
  }
}

export const contractsFolder = (folder: string): string => join(folder, 'contracts')

/** Throws CommandFailure where a named one has no node. */
function coordinatorsOf(
  { coordinators, answersOwnChain }: ContributeOptions,
  { terms: { chain }, rpcUrl }: MetGateway,
): readonly AcceptedCoordinator[] {
  const { chain_id: chainId, inference_coordinator: told, payout_token: token } = chain
  const named = coordinators.map((one) => acceptedCoordinator(one, { chainId, rpcUrl }))
  const isNamed = named.some((one) => one.chainId === chainId && one.coordinator === told)
  if (!answersOwnChain || told === null || told === undefined || isNamed) return named
  const rpc = jsonRpc(rpcUrl, payableAnswerTimeoutMs)
  // What a gateway names pays in what was agreed to be paid in, or nothing.
  return [{ chainId, coordinator: told, rpc, asset: token.address }, ...named]
}

/** For `vouch contributor`, which asks them what they owe. */
export const rememberedCoordinators = (
  options: ContributeOptions,
  met: MetGateway,
): NonNullable<ContributorFile['coordinators']> =>
  coordinatorsOf(options, met).map(({ chainId, coordinator }) => ({
    chainId,
    coordinator,
    rpcUrl:
      options.coordinators.find((one) => one.chainId === chainId && one.coordinator === coordinator)
        ?.rpcUrl ?? met.rpcUrl,
  }))
