import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readOperator, readSigningKey } from '../chain/receipt-verifier-contract.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import { type CheckLine, type CheckName, fails, holds, unknown } from './check-line.ts'
import type { Signer } from './recover-signers.ts'

export type RegistryQuestion = {
  /** The registry that the verifier contract names. */
  readonly registry: Address
  readonly operator: Address
  readonly finishedAt: UnixSeconds
  /**
   * Whether the person trusts the verifier contract that led here, rather than the receipt alone.
   */
  readonly trusted: boolean
}

/**
 * Keys are looked up at `finishedAt`: what a key signed while it was active stays good after it is
 * revoked.
 */
export async function checkRegisteredKey(
  rpc: JsonRpc,
  check: CheckName,
  question: RegistryQuestion & { readonly signer: Signer },
): Promise<CheckLine> {
  const { registry, operator, signer, trusted } = question
  if (signer.kind === 'absent' || signer.kind === 'invalid') {
    return fails(check, 'no valid signature, so no key')
  }
  const epoch = await readSigningKey(rpc, registry, { operator, key: signer.address })
  if (!epoch.ok) return unknown(check, describeChainFailure(epoch.error))
  const { activeFrom, revokedAt } = epoch.value
  const finishedAt = BigInt(question.finishedAt)
  const key = `${signer.address} for ${operator}`
  if (activeFrom === 0n) {
    return fails(
      check,
      `${key} is not registered: a field or the signature was changed, or another key signed`,
    )
  }
  if (finishedAt < activeFrom) return fails(check, `${key} was not active before ${activeFrom}`)
  if (revokedAt !== 0n && finishedAt >= revokedAt) {
    return fails(check, `${key} was revoked at ${revokedAt}, before the answer was finished`)
  }
  return trusted
    ? holds(check, `${key} is registered and was active when the answer was finished`)
    : unknown(
        check,
        `${key} is registered, but with a registry that only the receipt leads to: pin the ` +
          'verifier contract with --verifier or --trust',
      )
}

const stateNever = 0
const statePaused = 2

export async function checkRegistration(
  rpc: JsonRpc,
  check: CheckName,
  question: RegistryQuestion,
): Promise<CheckLine> {
  const { registry, operator } = question
  const answer = await readOperator(rpc, registry, operator)
  if (!answer.ok) return unknown(check, describeChainFailure(answer.error))
  const { stake, unbonding, state } = answer.value
  if (state === stateNever) return fails(check, `${operator} is not registered`)
  if (stake + unbonding === 0n) {
    return unknown(check, `${operator} is registered, but has nothing at stake any more`)
  }
  const paused = state === statePaused ? ', paused' : ''
  return holds(
    check,
    `${operator} has ${stake} atomic units at stake and ${unbonding} unbonding${paused}`,
  )
}
