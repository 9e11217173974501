/*
 * A process to kill: executes intents on the chain at argv[2] with the outbox in argv[3] and the key in argv[4], named after
 * argv[5], until it is ended. Lines: `asking ID` (before), `mined ID` (after), and
 * `begin STEP` and `end STEP` of everything between the two that leaves a mark or looks for one.
 */
import { writeSync } from 'node:fs'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { openOutbox } from '../../src/settlement/outbox.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { chainId, gwei, quiet, transactionOf } from './outbox-chain.ts'

const [url = '', path = '', key = '', name = ''] = process.argv.slice(2)
const privateKey = parsePrivateKey(key)
if (privateKey === undefined) throw new Error('no key')
/** Straight to the pipe: a line that was said is there even when the process dies with the next instruction. */
const say = (line: string) => writeSync(1, `${line}\n`)
/** Says so before and after each step: the parent can end the process at any of them. */
const narrated =
  <Args extends readonly unknown[], T>(step: string, act: (...args: Args) => Promise<T>) =>
  async (...args: Args): Promise<T> => {
    say(`begin ${step}`)
    const result = await act(...args)
    say(`end ${step}`)
    return result
  }
const node = jsonRpc(url)
const store = openSqliteOutbox(path)
const bound = {
  put: store.put.bind(store),
  update: store.update.bind(store),
  find: store.find.bind(store),
  open: store.open.bind(store),
}
const outbox = openOutbox({
  rpc: { origin: node.origin, call: narrated('call', node.call) },
  chainId,
  privateKey,
  store: {
    ...bound,
    put: narrated('put', bound.put),
    update: narrated('update', bound.update),
  },
  confirmations: 1,
  feeWeiMax: 1_000n * gwei,
  log: quiet,
  nowMs: Date.now,
})
let intents = 0

async function executeOn(): Promise<void> {
  for (;;) {
    intents += 1
    const intentId = `${name}-${intents}`
    say(`asking ${intentId}`)
    const mined = await outbox.sender.transact(transactionOf(intentId), { intentId, kind: 'other' })
    if (mined.ok) say(`mined ${intentId}`)
  }
}

await Promise.all(Array.from({ length: 4 }, executeOn))
