import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { turnRetryGraceMs, turnsWaitingMax, turnWaitTimeoutMs } from '../../../src/base/limits.ts'
import { atomic, bytes32 } from '../../../src/domain/units.ts'
import { ChannelTurns, type Turn } from '../../../src/payment/channel-turns.ts'

const channel = bytes32(`0x${'c1'.repeat(32)}`)
const other = bytes32(`0x${'c2'.repeat(32)}`)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Asks for a turn and notes the name when it comes. */
function asker(turns: ChannelTurns) {
  const begun: string[] = []
  const ask = async (name: string, amount: bigint): Promise<Turn | undefined> => {
    const turn = await turns.take(channel, atomic(amount))
    begun.push(turn === undefined ? `${name} sent away` : name)
    return turn
  }
  return { begun, ask }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('one after the other, in the order in which they came; other channels do not wait', async () => {
  const turns = new ChannelTurns()
  const { begun, ask } = asker(turns)
  const first = await ask('first', 1n)
  const second = ask('second', 1n)
  const third = ask('third', 1n)
  expect(await turns.take(other, atomic(1n))).toBeDefined()
  await settle()
  expect(begun).toEqual(['first'])
  first?.end()
  ;(await second)?.end()
  ;(await third)?.end()
  expect(begun).toEqual(['first', 'second', 'third'])
  expect(await ask('later', 1n)).toBeDefined()
})

test('a client that is told to sign more keeps its turn before those that wait with the same low voucher', async () => {
  const turns = new ChannelTurns()
  const { begun, ask } = asker(turns)
  const first = await ask('first', 10n)
  void ask('second', 10n)
  first?.end(atomic(10n))
  await settle()
  void ask('third, as low', 10n)
  await settle()
  expect(begun).toEqual(['first'])
  const retried = await ask('first again', 20n)
  expect(begun).toEqual(['first', 'first again'])
  retried?.end()
  await settle()
  expect(begun).toEqual(['first', 'first again', 'second'])
})

test('a client that does not come back loses its turn', async () => {
  const turns = new ChannelTurns()
  const { begun, ask } = asker(turns)
  const first = await ask('first', 10n)
  void ask('second', 10n)
  first?.end(atomic(10n))
  await vi.advanceTimersByTimeAsync(turnRetryGraceMs - 1)
  expect(begun).toEqual(['first'])
  await vi.advanceTimersByTimeAsync(1)
  expect(begun).toEqual(['first', 'second'])
})

test('the queue is bounded in length and in time, and whoever is sent away is out of it', async () => {
  const turns = new ChannelTurns()
  const { begun, ask } = asker(turns)
  const first = await ask('first', 1n)
  for (let waiting = 0; waiting < turnsWaitingMax; waiting += 1) void ask('waits', 1n)
  expect(await ask('too many', 1n)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(turnWaitTimeoutMs)
  expect(begun.filter((name) => name === 'waits sent away')).toHaveLength(turnsWaitingMax)
  first?.end()
  expect(await ask('next', 1n)).toBeDefined()
})
