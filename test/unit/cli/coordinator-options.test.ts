import { expect, test } from 'vitest'
import { acceptedCoordinator, readNamedCoordinator } from '../../../src/cli/coordinator-options.ts'

const coordinator = `0x${'ab'.repeat(20)}`
const own = { chainId: 31_337, rpcUrl: 'http://127.0.0.1:8545' }

test('a coordinator is named with its chain, and with a node where it is another chain', () => {
  const here = readNamedCoordinator(`eip155:31337:${coordinator}`)
  expect(here).toEqual({ chainId: 31_337, coordinator, rpcUrl: undefined })
  expect(acceptedCoordinator(here, own)).toMatchObject({ coordinator, asset: undefined })
  expect(acceptedCoordinator(here, own).rpc.origin).toBe('http://127.0.0.1:8545')
  // A key in the query of a node's URL has an equals sign, too.
  const there = readNamedCoordinator(`eip155:8453:${coordinator}=https://node.example/?key=a=b`)
  expect(there.rpcUrl).toBe('https://node.example/?key=a=b')
  expect(acceptedCoordinator(there, own).rpc.origin).toBe('https://node.example')
})

test('another chain needs a node of its own', () => {
  const there = readNamedCoordinator(`eip155:8453:${coordinator}`)
  expect(() => acceptedCoordinator(there, own)).toThrow('a node of chain 8453')
  expect(() => acceptedCoordinator(there, undefined)).toThrow('needs =URL')
})

test.each([
  coordinator,
  `eip155:1:${coordinator}=`,
  `eip155:1:${coordinator}=ftp://node.example`,
  `eip155:1:${coordinator}=node`,
  `eip155:0x1:${coordinator}`,
])("'%s' names none", (given) => {
  expect(() => readNamedCoordinator(given)).toThrow('--coordinator takes')
})
