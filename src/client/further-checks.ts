/*
 * Where checks plug in that need more than a receipt and its chain's verifier: what its gateway serves beside it (the log,
 * the keyset, a countersignature) and what a tier's evidence is worth. `vouch verify`, verifiedFetch and the page make all of
 * them. One asks for what it needs and answers no line where it does not apply; what cannot be found out is `unknown`.
 */
import type { JsonRpc } from '../chain/json-rpc.ts'
import { checkKeyset } from './check-keyset.ts'
import type { CheckLine } from './check-line.ts'
import { checkLogged } from './check-logged.ts'
import { checkTierEvidence } from './check-tier-evidence.ts'
import type { Signers } from './recover-signers.ts'
import type { Verification } from './verify-receipt.ts'

/** The gateway that is asked, by whoever has the receipt. */
export type GatewayPlace = {
  /** Base URL without `/v1`, for askGateway. */
  readonly origin: string
  /** What shows the payer, for routes that answer only the payer; undefined asks what is public. */
  readonly authorization: string | undefined
}

export type FurtherQuestion = {
  readonly verification: Verification
  readonly signers: Signers
  /** Undefined: nobody said where the gateway is. */
  readonly gateway: GatewayPlace | undefined
  readonly rpc: JsonRpc | undefined
}

/** Never throws for what comes from outside. */
export type FurtherCheck = (question: FurtherQuestion) => Promise<readonly CheckLine[]>

/** In the order of docs/receipts.md. */
const furtherChecks: readonly FurtherCheck[] = [checkTierEvidence, checkKeyset, checkLogged]

export async function checkFurther(question: FurtherQuestion): Promise<readonly CheckLine[]> {
  const lines = await Promise.all(furtherChecks.map((check) => check(question)))
  return lines.flat()
}
