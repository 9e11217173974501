import { Interface } from 'ethers'
import { expect, test } from 'vitest'
import { watchedEvents } from '../../../src/chain/block-watcher.ts'
import { channelSettlementAbi } from '../../../src/chain/generated/channel-settlement.ts'

test('the events that are watched are those of the contract, with the channel first', () => {
  const abi = new Interface(channelSettlementAbi)
  for (const [name, signature] of Object.entries(watchedEvents)) {
    const event = abi.getEvent(name)
    expect(event?.format('sighash')).toBe(signature)
    expect(event?.inputs[0]).toMatchObject({ name: 'channelId', indexed: true })
  }
  // What is not watched moves no channel's money.
  const others = abi.fragments.flatMap((fragment) =>
    fragment.type === 'event' && 'name' in fragment ? [String(fragment.name)] : [],
  )
  expect(others.filter((name) => !(name in watchedEvents)).sort()).toEqual([
    'ChannelClosed',
    'ChannelCreated',
    'Settled',
  ])
})
