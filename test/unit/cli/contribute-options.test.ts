import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CommandFailure } from '../../../src/cli/command.ts'
import { readContributeOptions } from '../../../src/cli/contribute-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (...args: readonly string[]) => readContributeOptions(['--data', folder, ...args])

function refusal(...args: readonly string[]): CommandFailure {
  try {
    read(...args)
  } catch (error) {
    if (error instanceof CommandFailure) return error
    throw error
  }
  throw new Error('that was taken')
}

test('addresses are the same with and without /v1, and names are split', () => {
  const { options } = read(
    ...['--gateway', 'http://127.0.0.1:8787/v1/', '--engine', 'http://127.0.0.1:8000'],
    ...['--model', 'a.gguf=llama-8b', '--model', 'org/b', '--price', 'org/b=0.05,0.2'],
    ...['--curve', '0.5:1,1:3', '--listen', '[::1]:9000', '--public-url', 'https://me.example'],
  )
  expect(options.gateway).toBe('http://127.0.0.1:8787')
  expect(options.engine).toBe('http://127.0.0.1:8000/v1')
  expect(options.models).toEqual([
    { upstreamId: 'a.gguf', publicId: 'llama-8b' },
    { upstreamId: 'org/b', publicId: 'org/b' },
  ])
  expect([...options.prices]).toEqual([['org/b', { prompt: '0.05', completion: '0.2' }]])
  expect(options.curve).toEqual([
    { load: 0.5, multiplier: 1 },
    { load: 1, multiplier: 3 },
  ])
  expect(options.direct).toEqual({
    ...{ publicUrl: 'https://me.example/v1', host: '::1', port: 9000, tls: undefined },
  })
  expect(read('--engine', 'built-in').options.engine).toBe('built-in')
})

test('what was said once is remembered as it was typed, and said anew it counts anew', () => {
  const first = read(
    '--gateway',
    'http://g.example',
    '--model',
    'a',
    '--model',
    'b',
    '--slots',
    '8',
  )
  expect(first.remembered).toEqual({ model: ['a', 'b'], slots: '8' })
  expect(first.known).toBeUndefined()
  const account = `0x${'11'.repeat(20)}`
  const file = {
    gateway: { origin: 'http://g.example', operator: account, keys: [account] },
    chain: {
      ...{ chainId: 1, rpcUrl: 'http://node.example', contributorRegistry: account },
      ...{ receiptVerifier: account, settlement: account },
    },
    contributor: account,
    signerUrl: null,
    payout: { token: account, receiver: account, minWithdrawDelayS: 1 },
    creditLimit: '500000',
    agent: { ...first.remembered, engine: 'built-in' },
  }
  writeFileSync(join(folder, 'contributor.json'), JSON.stringify(file))
  const second = read('--slots', '2')
  expect(second.options.models.map(({ publicId }) => publicId)).toEqual(['a', 'b'])
  expect(second.options.engine).toBe('built-in')
  expect(second.options.slots).toBe(2)
  expect(second.remembered).toEqual({ model: ['a', 'b'], slots: '2', engine: 'built-in' })
  expect(second.known?.gateway.origin).toBe('http://g.example')
  // A file that somebody wrote into is held to the same rules as a person.
  writeFileSync(
    join(folder, 'contributor.json'),
    JSON.stringify({ ...file, agent: { slots: 'x' } }),
  )
  expect(refusal().exitCode).toBe(2)
  rmSync(join(folder, 'contributor.json'))
})

test('what cannot be meant is refused with what can', () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['--gateway', 'g.example'], /--gateway takes an http/],
    [['--price', 'a=1'], /MODEL=PROMPT,COMPLETION/],
    [['--price', 'a=1,-2'], /MODEL=PROMPT,COMPLETION/],
    [['--model', 'a=b=c'], /NAME=PUBLIC-NAME/],
    [['--curve', '1:0.5'], /LOAD:TIMES/],
    [['--listen', '0.0.0.0:80'], /come together/],
    [['--listen', '0.0.0.0', '--public-url', 'https://a.example'], /HOST:PORT/],
    [['--tls-cert', 'a', '--listen', 'a:1', '--public-url', 'https://a.example'], /tls-key/],
    [['--payout', 'me'], /address/],
    [['--slots', '0'], /whole number/],
  ]
  for (const [args, message] of refusals) {
    const { exitCode, message: said } = refusal(...args)
    expect(exitCode, said).toBe(2)
    expect(said).toMatch(message)
  }
})
