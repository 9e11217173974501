import { addressOfPrivateKey } from '../chain/signatures.ts'
import { creditLimitDefaultAmount } from '../contributor/limits.ts'
import { type OpenContractJobs, openContractJobs } from '../contributor/open-contract-jobs.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import type { WorkSigner } from '../contributor/sign-work.ts'
import { address, atomic, isAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { acceptedCoordinator, readNamedCoordinator } from './coordinator-options.ts'
import type { EngineSigning } from './engine-signer.ts'

export type ContractOptions = {
  readonly coordinator?: readonly string[] | undefined
  readonly 'contract-jobs'?: string | undefined
  readonly 'payout-rpc'?: string | undefined
  readonly 'credit-limit'?: string | undefined
}

export const contractsHelp: string = `Contracts (that ask for answers on a chain, and pay there; docs/agent.md)
  --coordinator eip155:CHAIN:0x…[=URL]  answers the jobs of this InferenceCoordinator that a node of its
                            chain says it would pay for; URL: that node [--payout-rpc]; repeatable
  --contract-jobs FOLDER    where their answers are kept until their deadlines, and what is owed for
                            them; one for each key, kept with it  [beside --key-file: its name, .contracts]`

/** Undefined where no coordinator is named. Throws CommandFailure. */
export async function openEngineContracts(
  options: ContractOptions,
  engine: {
    readonly signing: EngineSigning
    readonly workSigner: WorkSigner | undefined
    readonly onEvent: (event: object) => void
  },
): Promise<OpenContractJobs | undefined> {
  const { coordinator: named = [] } = options
  const { keyFile, chainId, receiptVerifier } = engine.signing
  const { workSigner } = engine
  if (named.length === 0) return undefined
  if (workSigner === undefined || keyFile === undefined || chainId === undefined) {
    throw unusable('--coordinator needs --key-file: contracts pay for signed work alone')
  }
  if (!isAddress(receiptVerifier)) throw unusable('--coordinator needs --receipt-verifier')
  const key = await readKeyFile(keyFile)
  if (!key.ok) throw new CommandFailure(key.error)
  const rpcUrl = options['payout-rpc']
  const own = rpcUrl === undefined ? undefined : { chainId, rpcUrl }
  const receipts = { chainId, verifyingContract: address(receiptVerifier) }
  const signer = {
    contributor: workSigner.contributor,
    signingAddress: addressOfPrivateKey(key.value),
    receipts,
    decimals: undefined,
  }
  const opened = await openContractJobs({
    folder: options['contract-jobs'] ?? `${keyFile}.contracts`,
    coordinators: named.map((one) => acceptedCoordinator(readNamedCoordinator(one), own)),
    signer: () => signer,
    // Read, and refused where it is none, with what gateways are given on credit.
    limit: atomic(BigInt(options['credit-limit'] ?? creditLimitDefaultAmount)),
    onEvent: engine.onEvent,
    nowMs: Date.now,
  })
  if (!opened.ok) throw new CommandFailure(opened.error)
  opened.value.dues.start()
  return opened.value
}

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch engine --help`, 2)
