import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { openJobBook } from '../contributor/job-book.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import { openWorkSigner, type WorkSigner } from '../contributor/sign-work.ts'
import { address, type Bytes32, isAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** With which key an engine signs, and for whom, as its options say. */
export type EngineSigning = {
  /** Undefined for an engine that signs nothing. */
  readonly keyFile: string | undefined
  readonly chainId: number | undefined
  readonly receiptVerifier: string | undefined
  readonly contributor: string | undefined
  readonly jobsFile: string | undefined
}

/** Signs each job at most once, ever: what was begun stands in a file beside the key. Throws CommandFailure. */
export async function openEngineSigner(
  { keyFile, chainId, receiptVerifier, contributor, jobsFile }: EngineSigning,
  modelId: Bytes32,
): Promise<{ readonly workSigner: WorkSigner; readonly close: () => Promise<void> } | undefined> {
  if (keyFile === undefined) return undefined
  if (chainId === undefined || !isAddress(receiptVerifier)) {
    throw unusable('--key-file needs --chain-id and --receipt-verifier, the domain it signs in')
  }
  if (contributor !== undefined && !isAddress(contributor)) {
    throw unusable('--contributor is 0x and the 40 hex digits of an account')
  }
  const key = await readKeyFile(keyFile)
  if (!key.ok) throw new CommandFailure(key.error)
  const jobs = await openJobBook(jobsFile ?? `${keyFile}.jobs`)
  if (!jobs.ok) throw new CommandFailure(jobs.error)
  const workSigner = openWorkSigner({
    privateKey: key.value,
    contributor: contributor === undefined ? addressOfPrivateKey(key.value) : address(contributor),
    modelId,
    domain: receiptDomain({ chainId, verifyingContract: address(receiptVerifier) }),
    jobs: jobs.value,
  })
  return { workSigner, close: () => jobs.value.close() }
}

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch engine --help`, 2)
