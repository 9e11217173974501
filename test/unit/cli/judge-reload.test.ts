import { afterAll, expect, test } from 'vitest'
import { judgeReload } from '../../../src/cli/judge-reload.ts'
import { account, goodHead, makeConfigFolder } from '../../support/config-folder.ts'

const upstream = (id: string, more = '') => `
  - id: ${id}
    url: http://127.0.0.1:8000/v1
    apiKeyFile: engine.key${more}
    models:
      - id: m
        contextTokensMax: 8192
        price: { promptPerMtok: 1, completionPerMtok: 1 }`
const signs = `\n    operator: '${account('7')}'\n    signingAddresses: ['${account('8')}']`
const payouts = `payouts: { treasury: '${account('9')}', voucherKeyFile: signing.key }\n`
const folder = makeConfigFolder()
afterAll(folder.remove)
folder.write('engine.key', 'one')

const read = (upstreams: string, more = '', head = goodHead) =>
  folder.read(`${head}${more}upstreams:${upstreams}\n`)
const judge = (before: string, after: string, more = '') =>
  judgeReload(read(before, more), read(after, more))

const same = { limits: 'same', joining: 'same' }
const nothing = { kind: 'changed', added: [], removed: [], changed: [], ...same }

test('the same in other words is no change', () => {
  const spelled = read(upstream('a'), 'listen: { port: 8787 }\n# by heart\n')
  expect(judgeReload(read(upstream('a')), spelled)).toEqual({ kind: 'unchanged' })
})

test('upstreams are told apart by their ids, wherever they stand', () => {
  const three = upstream('a') + upstream('b') + upstream('c')
  expect(judge(upstream('a') + upstream('b'), upstream('b') + upstream('c'))).toEqual({
    ...nothing,
    added: ['c'],
    removed: ['a'],
  })
  expect(judge(three, upstream('c') + upstream('a', '\n    region: eu'))).toEqual({
    ...nothing,
    removed: ['b'],
    changed: ['a'],
  })
  // Their order decides which of them models are shown by, so another one is taken over.
  expect(judge(upstream('a') + upstream('b'), upstream('b') + upstream('a'))).toEqual(nothing)
})

test('what a key file holds is part of the upstream that names it', () => {
  const before = read(upstream('a'))
  folder.write('engine.key', 'two')
  const after = read(upstream('a'))
  folder.write('engine.key', 'one')
  expect(judgeReload(before, after)).toEqual({ ...nothing, changed: ['a'] })
})

test("callers' limits are taken over, too", () => {
  const limited = read(upstream('a'), 'limits: { key: { concurrency: 3 } }\n')
  expect(judgeReload(read(upstream('a')), limited)).toEqual({ ...nothing, limits: 'changed' })
})

test('who may join, and for how much, is taken over, too', () => {
  const any = (price: string) =>
    read(
      upstream('a'),
      `joining: { anyModel: { promptPerMtok: ${price}, completionPerMtok: 1 } }\n`,
    )
  const changed = { ...nothing, joining: 'changed' }
  expect(judgeReload(read(upstream('a')), any('1'))).toEqual(changed)
  expect(judgeReload(any('1'), any('2'))).toEqual(changed)
  expect(judgeReload(any('1'), any('1'))).toEqual({ kind: 'unchanged' })
})

test('every key that needs a restart is named as it is written, and then nothing is taken over', () => {
  const before = read(upstream('a'))
  folder.write('signing.key', `0x${'2'.repeat(64)}`)
  const moved = goodHead.replace('http://127.0.0.1:8545', 'http://127.0.0.1:8546')
  const after = read(upstream('b'), 'store: { redisUrl: redis://127.0.0.1 }\n', moved)
  folder.write('signing.key', `0x${'1'.repeat(64)}`)
  const verdict = judgeReload(before, after)
  expect(verdict.kind === 'needs_restart' && [...verdict.keys].sort()).toEqual([
    'chain.rpcUrl',
    'gateway.claimKeyFile',
    'gateway.signingKeyFile',
    'store.keyPrefix',
    'store.redisUrl',
  ])
})

test('who is paid by channel joins with a restart, and leaves without one', () => {
  const [plain, signing] = [upstream('a'), upstream('a', signs)]
  const restart = { kind: 'needs_restart', keys: ['upstreams[0].operator'] }
  expect(judge(plain, signing)).toEqual({ ...nothing, changed: ['a'] })
  expect(judge(plain, signing, payouts)).toEqual(restart)
  expect(judge(signing, upstream('a', signs.replace('8', '9')), payouts)).toEqual(restart)
  expect(judge(signing, plain, payouts)).toEqual({ ...nothing, changed: ['a'] })
  expect(judge(signing, signing + upstream('b'), payouts)).toEqual({ ...nothing, added: ['b'] })
})
