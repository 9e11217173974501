import type { ChannelConfig } from '../domain/channel.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { Contract, ContractCall } from './contracts.ts'

/** Starts the delay after which `amount` of what is unclaimed by then returns to the payer. Payer or session key sends it. */
export const initiateWithdrawCall = (
  settlement: Contract,
  withdrawal: { readonly config: ChannelConfig; readonly amount: AtomicAmount },
): ContractCall => ({
  contract: settlement,
  functionName: 'initiateWithdraw',
  args: [withdrawal.config, withdrawal.amount],
})

/** Pays it, once the delay is over. */
export const finalizeWithdrawCall = (
  settlement: Contract,
  config: ChannelConfig,
): ContractCall => ({ contract: settlement, functionName: 'finalizeWithdraw', args: [config] })
