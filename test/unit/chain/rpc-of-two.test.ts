import { describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import type { ChainFailure } from '../../../src/chain/chain-failure.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { rpcOfTwo } from '../../../src/chain/rpc-of-two.ts'

const gone: ChainFailure = { reason: 'chain_unreachable', origin: 'x', detail: 'gone' }
const no: ChainFailure = { reason: 'chain_error', method: 'm', code: 3, message: 'no', data: '0x' }

function node(answer: string | ChainFailure) {
  const asked: string[] = []
  const rpc: JsonRpc = {
    origin: 'x',
    call: async (method) => {
      asked.push(method)
      return typeof answer === 'string' ? ok(answer) : err(answer)
    },
  }
  return { rpc, asked }
}

describe('two nodes as one', () => {
  test('the second is asked only where the first says nothing', async () => {
    const [first, second] = [node('1'), node('2')]
    expect(await rpcOfTwo(first.rpc, second.rpc).call('eth_call', [])).toEqual(ok('1'))
    expect(second.asked).toEqual([])
    expect(await rpcOfTwo(node(gone).rpc, second.rpc).call('eth_call', [])).toEqual(ok('2'))
    // What the first says of the call itself stands.
    expect(await rpcOfTwo(node(no).rpc, second.rpc).call('eth_call', [])).toEqual(err(no))
  })

  test.each([
    ['1', '2', ok('1')],
    [gone, '2', ok('2')],
    [no, '2', ok('2')],
    ['1', gone, ok('1')],
    [no, gone, err(no)],
  ])('a transaction goes to both', async (a, b, expected) => {
    const [first, second] = [node(a), node(b)]
    const method = 'eth_sendRawTransaction'
    expect(await rpcOfTwo(first.rpc, second.rpc).call(method, [])).toEqual(expected)
    expect([first.asked, second.asked]).toEqual([[method], [method]])
  })

  test('without a second it is the first', () => {
    const { rpc } = node('1')
    expect(rpcOfTwo(rpc, undefined)).toBe(rpc)
  })
})
