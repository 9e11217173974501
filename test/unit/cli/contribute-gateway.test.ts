import { expect, test } from 'vitest'
import { isPlayMoney } from '../../../src/cli/contribute-gateway.ts'

const node = 'http://127.0.0.1:8545'
const here = 'http://localhost:8080'

test('money is play money on a development chain of this machine', () => {
  expect(isPlayMoney(here, { chain_id: 31_337, rpc_url: node })).toBe(true)
  expect(isPlayMoney('http://[::1]:8080', { chain_id: 31_337, rpc_url: node })).toBe(true)
})

test('a gateway behind a forwarded port makes nothing of a real chain play money', () => {
  expect(isPlayMoney(here, { chain_id: 1, rpc_url: node })).toBe(false)
  expect(isPlayMoney(here, { chain_id: 8453, rpc_url: node })).toBe(false)
})

test('nor does one that is elsewhere, or whose node is', () => {
  expect(isPlayMoney(here, { chain_id: 31_337, rpc_url: null })).toBe(false)
  expect(isPlayMoney('https://gateway.example', { chain_id: 31_337, rpc_url: node })).toBe(false)
  expect(isPlayMoney(here, { chain_id: 31_337, rpc_url: 'https://node.example' })).toBe(false)
  const disguised = 'http://127.0.0.1.gateway.example'
  expect(isPlayMoney(disguised, { chain_id: 31_337, rpc_url: node })).toBe(false)
})
