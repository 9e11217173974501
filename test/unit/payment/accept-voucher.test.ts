import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { channelDomain, channelIdOf, voucherDigest } from '../../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import type { ChannelConfig, ChannelOnChain } from '../../../src/domain/channel.ts'
import { address, atomic, signature, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { acceptVoucher, type VoucherOffer } from '../../../src/payment/accept-voucher.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { channelConfig, onChain } from '../../support/channels.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'

const domain = channelDomain({ chainId: 31337, verifyingContract: address(`0x${'5e'.repeat(20)}`) })
const sessionKey = randomPrivateKey()
const config: ChannelConfig = { ...channelConfig, payerAuthorizer: addressOfPrivateKey(sessionKey) }
const channelId = channelIdOf(domain, config)
const terms = {
  chainId: 31337,
  domain,
  token: config.token,
  receiver: config.receiver,
  receiverAuthorizer: config.receiverAuthorizer,
  withdrawDelayMinS: 3_600,
}

let place: LedgerPlace
let ledger: LedgerStore

beforeEach(() => {
  place = sqlitePlace()
  ledger = place.open()
})

afterEach(async () => {
  await ledger.close()
  place.remove()
})

function offerOf(
  amount: bigint,
  change: Partial<ChannelConfig> = {},
  key = sessionKey,
): VoucherOffer {
  const offered = { ...config, ...change }
  const maxClaimableAmount = atomic(amount)
  const id = channelIdOf(domain, offered)
  const digest = voucherDigest(domain, { channelId: id, maxClaimableAmount })
  return { config: offered, maxClaimableAmount, signature: signDigest(digest, key) }
}

const accept = (offer: VoucherOffer, chain: ChannelOnChain | undefined = onChain(1_000n)) =>
  acceptVoucher({ ledger, terms, readChannel: async () => chain }, offer)

describe('a voucher', () => {
  test('that the session key signed opens the book and raises the tranche, durably', async () => {
    const accepted = await accept(offerOf(400n))
    expect(accepted).toMatchObject({ value: { signedMaxClaimable: 400n, balance: 1_000n } })
    await ledger.close()
    ledger = place.open()
    expect(await ledger.channel(channelId)).toMatchObject({ signedMaxClaimable: 400n, config })
  })

  test('that is older changes nothing', async () => {
    await accept(offerOf(400n))
    expect(await accept(offerOf(300n))).toMatchObject({ value: { signedMaxClaimable: 400n } })
  })

  test('takes a deposit that was added since', async () => {
    await accept(offerOf(1_000n))
    expect(await accept(offerOf(1_500n), onChain(2_000n))).toMatchObject({
      value: { signedMaxClaimable: 1_500n, balance: 2_000n },
    })
  })

  const stranger = randomPrivateKey()
  const refused: readonly (readonly [string, VoucherOffer, ChannelOnChain | undefined, string])[] =
    [
      [
        "with a stranger's signature",
        offerOf(4n, {}, stranger),
        onChain(10n),
        'voucher_signature_invalid',
      ],
      [
        'over another amount',
        { ...offerOf(4n), maxClaimableAmount: atomic(5n) },
        onChain(10n),
        'voucher_signature_invalid',
      ],
      [
        'without a signature',
        { ...offerOf(4n), signature: signature('0x') },
        onChain(10n),
        'voucher_signature_invalid',
      ],
      ['above the balance', offerOf(11n), onChain(10n), 'voucher_above_balance'],
      ['without a deposit', offerOf(0n), onChain(0n), 'channel_terms_unacceptable'],
      [
        'while it is withdrawn',
        offerOf(4n),
        onChain(10n, { withdrawFinalAtS: unixSeconds(1) }),
        'channel_closing',
      ],
      ['while the chain is silent', offerOf(4n), undefined, 'chain_unavailable'],
      [
        'in another asset',
        offerOf(4n, { token: zeroAddress }),
        onChain(10n),
        'channel_terms_unacceptable',
      ],
      [
        'for another receiver',
        offerOf(4n, { receiver: zeroAddress }),
        onChain(10n),
        'channel_terms_unacceptable',
      ],
      [
        'claimed by another',
        offerOf(4n, { receiverAuthorizer: zeroAddress }),
        onChain(10n),
        'channel_terms_unacceptable',
      ],
      [
        'that can be withdrawn too soon',
        offerOf(4n, { withdrawDelay: 3_599 }),
        onChain(10n),
        'channel_terms_unacceptable',
      ],
      [
        'without a session key',
        offerOf(4n, { payerAuthorizer: zeroAddress }),
        onChain(10n),
        'channel_terms_unacceptable',
      ],
    ]

  test('that is wrong is refused, and leaves no row behind', async () => {
    for (const [name, offer, chain, reason] of refused) {
      // Not a default: `undefined` is the chain's silence.
      const answer = await acceptVoucher({ ledger, terms, readChannel: async () => chain }, offer)
      expect(answer, name).toMatchObject({ ok: false, error: { reason } })
    }
    expect(await ledger.channels()).toEqual([])
  })

  test('on a channel whose money went tells the ledger, which closes it', async () => {
    await accept(offerOf(900n))
    expect(await accept(offerOf(950n), onChain(100n))).toMatchObject({
      error: { reason: 'channel_closing' },
    })
    expect(await ledger.channel(channelId)).toMatchObject({ closing: true, balance: 1_000n })
  })

  test('that cannot be written down is refused as the store being unavailable', async () => {
    await accept(offerOf(100n))
    place.breakWrites('channels')
    expect(await accept(offerOf(200n))).toMatchObject({ error: { reason: 'store_unavailable' } })
  })
})
