/*
 * The contributor of the development mode: `vouch engine` in a process of its own, with its own signing key, as a stranger's
 * would be.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { agreementJson, type CreditAgreement } from '../contributor/credit-agreement.ts'
import { type CoordinatorPlace, writeAskedAt } from '../domain/contract-job-headers.ts'
import type { Address } from '../domain/units.ts'
import { startEngineChild } from './engine-child.ts'

export type EmbeddedContributor = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** Lets it finish what it is answering, then ends it. */
  readonly stop: () => Promise<void>
}

export type ContributorTerms = {
  readonly dataFolder: string
  /** `src/main.ts`, by which `vouch engine` is started. */
  readonly program: string
  readonly signingKey: PrivateKey
  /** What the gateway shows as its bearer token; at least 16 characters. */
  readonly secret: string
  readonly contributor: Address
  readonly chainId: number
  readonly receiptVerifier: Address
  /** Folders of provable models that it serves beside its language model. */
  readonly provableFolders?: readonly string[]
  /** What it works for, and the node by which it judges its vouchers; without it, for nothing. */
  readonly payment?: { readonly agreement: CreditAgreement; readonly rpcUrl: string }
  /** Where contracts ask whose jobs it answers, and the node by which it judges them. */
  readonly coordinator?: (CoordinatorPlace & { readonly rpcUrl: string }) | undefined
  /** Told when the process died by itself and is started again. */
  readonly onRestart: (line: string) => void
}

/** Answers the line that a person should read when it does not start. */
export async function startEmbeddedContributor(
  terms: ContributorTerms,
): Promise<Result<EmbeddedContributor, string>> {
  const engine = await startEngineChild({
    program: terms.program,
    options: engineOptions(terms),
    onRestart: (restarts) =>
      terms.onRestart(`the contributor ended by itself and is started again (${restarts})`),
  })
  return engine === undefined
    ? err('the embedded contributor did not start: run vouch engine to see why')
    : ok({ baseUrl: `${engine.origin}/v1`, stop: engine.stop })
}

type EngineFiles = {
  readonly keyFile: string
  readonly secretFile: string
  readonly payment: Readonly<Record<string, string>>
}

/** Files with mode 600, because arguments and environment are open to the whole machine. */
function writeFiles(terms: ContributorTerms): EngineFiles {
  const keyFile = join(terms.dataFolder, 'contributor.key')
  const secretFile = join(terms.dataFolder, 'contributor.secret')
  writeFileSync(keyFile, terms.signingKey, { mode: 0o600 })
  writeFileSync(secretFile, terms.secret, { mode: 0o600 })
  const { payment } = terms
  if (payment === undefined) return { keyFile, secretFile, payment: {} }
  const agreementFile = join(terms.dataFolder, 'payout-agreement.json')
  writeFileSync(agreementFile, agreementJson(payment.agreement))
  const options = { 'payout-agreement': agreementFile, 'payout-rpc': payment.rpcUrl }
  return { keyFile, secretFile, payment: options }
}

function engineOptions(
  terms: ContributorTerms,
): Readonly<Record<string, string | readonly string[]>> {
  const { keyFile, secretFile, payment } = writeFiles(terms)
  const { coordinator } = terms
  return {
    'key-file': keyFile,
    'secret-file': secretFile,
    'chain-id': String(terms.chainId),
    'receipt-verifier': terms.receiptVerifier,
    contributor: terms.contributor,
    provable: terms.provableFolders ?? [],
    coordinator: coordinator === undefined ? [] : [coordinatorOption(coordinator)],
    ...payment,
  }
}

const coordinatorOption = (coordinator: CoordinatorPlace & { readonly rpcUrl: string }): string =>
  `${writeAskedAt(coordinator)}=${coordinator.rpcUrl}`
