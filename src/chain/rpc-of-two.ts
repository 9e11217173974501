import type { JsonRpc } from './json-rpc.ts'

/**
 * Two nodes of one chain as one that does not fail while either lives. A transaction goes to both, so that neither can keep
 * it from the chain. Without a second node it is the first.
 */
export const rpcOfTwo = (first: JsonRpc, second: JsonRpc | undefined): JsonRpc =>
  second === undefined
    ? first
    : {
        origin: first.origin,
        call: async (method, params) => {
          if (method === 'eth_sendRawTransaction') {
            const sent = await Promise.all([
              first.call(method, params),
              second.call(method, params),
            ])
            return sent[0].ok || !sent[1].ok ? sent[0] : sent[1]
          }
          const answer = await first.call(method, params)
          // What a node says of the call itself another would say, too; only silence is a reason to ask it.
          return answer.ok || answer.error.reason === 'chain_error'
            ? answer
            : second.call(method, params)
        },
      }
