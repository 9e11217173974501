import { Interface } from 'ethers'
import { expect, test } from 'vitest'
import { contributorRegistryAbi } from '../../../src/chain/generated/contributor-registry.ts'
import { standingEvents } from '../../../src/chain/member-standing.ts'

test('the events that are watched are those of the registry, with the operator first', () => {
  const abi = new Interface(contributorRegistryAbi)
  for (const [name, signature] of Object.entries(standingEvents)) {
    const event = abi.getEvent(name)
    expect(event?.format('sighash')).toBe(signature)
    expect(event?.inputs[0]).toMatchObject({ type: 'address', indexed: true })
  }
  // What is not watched changes nobody's standing.
  const others = abi.fragments.flatMap((fragment) =>
    fragment.type === 'event' && 'name' in fragment ? [String(fragment.name)] : [],
  )
  expect(others.filter((name) => !(name in standingEvents)).sort()).toEqual([
    'EndpointChanged',
    'ForfeitPaid',
    'OfferPublished',
    'OfferWithdrawn',
    'PriceSheetPublished',
    'SlasherAppointed',
    'StakeWithdrawn',
  ])
})
