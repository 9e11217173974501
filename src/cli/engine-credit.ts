import { dirname, join } from 'node:path'
import { jsonRpc } from '../chain/json-rpc.ts'
import { type Credit, type CreditEvent, openCredit } from '../contributor/credit.ts'
import { readAgreement } from '../contributor/credit-agreement.ts'
import { creditLimitDefaultAmount } from '../contributor/limits.ts'
import { atomic } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

export type CreditOptions = {
  readonly 'payout-agreement'?: string | undefined
  readonly 'payout-rpc'?: string | undefined
  readonly 'credit-limit'?: string | undefined
  readonly 'credit-file'?: string | undefined
}

export const creditHelp: string = `Payment (without an agreement the engine works for whoever has its secret)
  --payout-agreement FILE   what the gateway agreed to pay, as JSON; docs/engine.md has the members.
                            Then only signed work for that gateway is done, on credit up to a limit.
  --payout-rpc URL          your own node of the chain that the money is on
  --credit-limit AMOUNT     unpaid work beyond which no more is begun, in atomic units
                            of the token                                       [${creditLimitDefaultAmount}]
  --credit-file FILE        where vouchers are kept; 'vouch payouts' claims them
                                                          [credit.json beside --key-file]`

/** Undefined where nothing was agreed. */
export async function openEngineCredit(
  options: CreditOptions,
  engine: { readonly keyFile: string | undefined; readonly onEvent: (event: CreditEvent) => void },
): Promise<Credit | undefined> {
  const { 'payout-agreement': agreementFile, 'payout-rpc': rpcUrl } = options
  if (agreementFile === undefined) return undefined
  if (engine.keyFile === undefined || rpcUrl === undefined || !URL.canParse(rpcUrl)) {
    throw unusable('--payout-agreement needs --key-file and --payout-rpc, the URL of a node')
  }
  const agreement = await readAgreement(agreementFile)
  if (!agreement.ok) throw new CommandFailure(agreement.error)
  const limit = options['credit-limit'] ?? String(creditLimitDefaultAmount)
  if (!/^\d{1,30}$/.test(limit)) {
    throw unusable(`--credit-limit is a whole number of atomic units, not "${limit}"`)
  }
  const credit = await openCredit({
    agreement: agreement.value,
    rpc: jsonRpc(rpcUrl),
    limitAmount: atomic(BigInt(limit)),
    file: options['credit-file'] ?? join(dirname(engine.keyFile), 'credit.json'),
    onEvent: engine.onEvent,
    nowMs: Date.now,
  })
  if (credit.ok) return credit.value
  throw new CommandFailure(credit.error)
}

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch engine --help`, 2)
