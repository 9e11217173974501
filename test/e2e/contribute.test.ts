/*
 * A newcomer's way, as it is documented: `vouch dev` in one terminal, `vouch contribute` in another.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import {
  type ContributeProcess,
  startContribute,
  untilAsked,
} from '../support/contribute-process.ts'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { startEngine } from '../support/engine-process.ts'
import { startFixtureEngine } from '../support/fixture-engine.ts'

const folder = temporaryFolder()
/** A line that a killed agent leaves is waited for by its gateway, for a minute. */
const eachTestMs = 240_000
const running = new Set<ContributeProcess>()
let dev: DevProcess

beforeAll(async () => {
  dev = await startDev(join(folder.path, 'dev'))
})

afterEach(async () => {
  for (const contributor of running) await contributor.kill()
  running.clear()
})

afterAll(async () => {
  await dev?.interrupt()
  folder.remove()
})

function contribute(...args: readonly string[]): ContributeProcess {
  const contributor = startContribute(args)
  running.add(contributor)
  void contributor.ended.then(() => running.delete(contributor))
  return contributor
}

const accountOf = (data: string): string =>
  (JSON.parse(readFileSync(join(data, 'contributor.json'), 'utf8')) as { contributor: string })
    .contributor

const ask = <More extends object>(only: string, more?: More) => ({
  model: 'vouch-mini',
  messages: [{ role: 'user' as const, content: 'What is a receipt?' }],
  routing: { only: [only] },
  ...(more as More),
})

const transactionsOf = async (account: string): Promise<unknown> => {
  const count = await jsonRpc(dev.rpcUrl).call('eth_getTransactionCount', [account, 'latest'])
  return count.ok ? count.value : undefined
}

test(
  'one command joins, serves, signs and is paid; a second one continues without a transaction',
  async () => {
    const data = join(folder.path, 'newcomer')
    const options = ['--data', data, '--engine', 'built-in']
    const first = contribute('--gateway', dev.origin, ...options)
    await untilAsked(first)
    const account = accountOf(data)
    const steps = first.events.filter(({ event }) => event === 'mined').map(({ step }) => step)
    expect(steps).toEqual(['approve', 'register', 'registerPayout'])
    expect(first.events.find(({ event }) => event === 'tested')).toMatchObject({
      model: 'vouch-mini',
    })
    for (const secret of [
      'signing.key',
      'keystore.json',
      'contributor.json',
      'keystore.password',
    ]) {
      expect(statSync(join(data, secret)).mode & 0o077, secret).toBe(0)
    }

    const { data: answer, response } = await dev.client.chat.completions
      .create(ask(account))
      .withResponse()
    const content = answer.choices[0]?.message.content ?? ''
    expect(response.headers.get('x-vouch-contributor')).toBe(account)
    const document = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
    expect(document.receipt.tiers).toBe(7)
    expect(document.receipt.work.contributor).toBe(account)
    const receiptFile = join(folder.path, 'receipt.json')
    const answerFile = join(folder.path, 'answer.txt')
    writeFileSync(receiptFile, JSON.stringify(document))
    writeFileSync(answerFile, content)
    const verified = await runVouch([
      'verify',
      receiptFile,
      '--content',
      answerFile,
      '--rpc',
      dev.rpcUrl,
    ])
    expect(verified.code, verified.output).toBe(0)

    const { data: vectors, response: ofVectors } = await dev.client.embeddings
      .create({
        ...{ model: 'vouch-mini', input: 'A receipt.' },
        ...{ routing: { only: [account] } },
      })
      .withResponse()
    expect(vectors.data[0]?.embedding).toHaveLength(128)
    expect(ofVectors.headers.get('x-vouch-contributor')).toBe(account)
    const { receipt } = await dev.receipt(ofVectors.headers.get('x-vouch-receipt') ?? '')
    expect(receipt.tiers).toBe(3)
    expect(receipt.work.contributor).toBe(account)

    const job = await first.told('job')
    expect(job).toMatchObject({ outcome: 'complete', endpoint: 'chat/completions' })
    expect(await first.interrupt()).toBe(0)
    const [stopped, voucher] = ['stopped', 'voucher'].map((name) =>
      first.events.find(({ event }) => event === name),
    )
    expect(stopped).toMatchObject({ answers: 2 })
    // Asked at four fifths of the list, of which a tenth is the gateway's; the voucher came before it stopped.
    const earned = [document.receipt, receipt]
      .map(({ cost }) => (BigInt(cost) * 9n) / 10n)
      .reduce((sum, each) => sum + each)
    expect(earned).toBeGreaterThan(0n)
    expect(stopped?.['earned']).toBe(String(earned))
    expect(voucher?.['promised']).toBe(String(earned))

    const sent = await transactionsOf(account)
    expect(sent).toBe('0x3')
    const second = contribute('--data', data)
    await untilAsked(second)
    expect(second.events.find(({ event }) => event === 'account')).toMatchObject({
      ...{ account, state: 'open', stepsLeft: 0 },
    })
    const again = await dev.client.chat.completions.create(ask(account))
    expect(again.choices[0]?.message.content).toBe(content)
    expect(await second.interrupt()).toBe(0)
    expect(await transactionsOf(account)).toBe(sent)
    // Whoever left is not asked any more.
    await expect(dev.client.chat.completions.create(ask(account))).rejects.toThrow(/contributor/i)
    const status = await runVouch(['contributor', 'status', '--data', data])
    expect(status.output).toContain('gateway    you are not in its pool')
  },
  eachTestMs,
)

test(
  'Ctrl-C lets what runs end; kill -9 in mid-answer leaves nothing that a second run cannot go on with',
  async () => {
    const data = join(folder.path, 'stopped')
    const options = ['--data', data, '--gateway', dev.origin, '--engine', 'built-in', '--skip-test']
    const long = { stream: true as const, max_tokens: 400, logit_bias: { '3': -100 } }

    const first = contribute(...options)
    await untilAsked(first)
    const account = accountOf(data)
    const stream = await dev.client.chat.completions.create(ask(account, long))
    const interrupted = Promise.withResolvers<number | null>()
    let tokens = 0
    for await (const chunk of stream) {
      if (!chunk.choices[0]?.delta.content) continue
      tokens += 1
      if (tokens === 20) void first.interrupt().then(interrupted.resolve)
    }
    expect(tokens).toBeGreaterThan(200)
    expect(await interrupted.promise).toBe(0)
    expect(first.events.map(({ event }) => event)).toContain('drained')
    expect(first.events.find(({ event }) => event === 'stopped')).toMatchObject({ answers: 1 })

    const second = contribute(...options)
    await untilAsked(second)
    const cut = await dev.client.chat.completions.create(ask(account, long))
    const read = async (): Promise<void> => {
      let seen = 0
      for await (const chunk of cut) {
        seen += chunk.choices.length
        if (seen === 20) await second.kill()
      }
    }
    const third = read().catch((error: Error) => error)
    await second.ended
    const continued = contribute('--data', data)
    await untilAsked(continued)
    const answered = await dev.client.chat.completions.create(ask(account))
    expect(answered.choices[0]?.message.content).toMatch(/receipt/i)
    // The stream of the killed process ends as an error that its client sees, or as the gateway's own end of it.
    await third
    expect(await continued.interrupt()).toBe(0)
  },
  eachTestMs,
)

test(
  'an engine that goes away is not asked, and is again when it is back',
  async () => {
    const data = join(folder.path, 'engine')
    const engine = await startEngine(['--port', '0'])
    const port = new URL(engine.url).port
    const args = ['--data', data, '--gateway', dev.origin, '--engine', engine.url, '--skip-test']
    const contributor = contribute(...args)
    await untilAsked(contributor)
    const account = accountOf(data)
    await engine.stop()
    await contributor.told('engine_away')
    await expect(dev.client.chat.completions.create(ask(account))).rejects.toThrow()
    const back = await startEngine(['--port', port])
    try {
      await contributor.told('engine_back')
      let answered: string | null | undefined
      // The gateway looks at what a contributor can do every few seconds.
      while (answered === undefined) {
        const answer = await dev.client.chat.completions.create(ask(account)).catch(() => undefined)
        answered = answer?.choices[0]?.message.content
        if (answered === undefined)
          await contributor.told('status', () => true).catch(() => undefined)
      }
      expect(answered).toMatch(/receipt/i)
      expect(await contributor.interrupt()).toBe(0)
    } finally {
      await back.stop()
    }
  },
  eachTestMs,
)

test(
  'an engine of another kind is known for what it is, and its model is sold, signed and paid under its own name',
  async () => {
    const data = join(folder.path, 'ollama')
    const engine = await startFixtureEngine('ollama')
    const { model, answers } = engine.record
    try {
      const contributor = contribute(
        ...['--data', data, '--gateway', dev.origin, '--engine', engine.origin, '--skip-test'],
        ...['--weights', 'none', '--price', `${model}=5,20`],
      )
      await untilAsked(contributor)
      expect(contributor.events.find(({ event }) => event === 'engine')).toMatchObject({
        ...{ kind: 'ollama', url: engine.baseUrl },
      })
      const { data: answer, response } = await dev.client.chat.completions
        .create({ ...ask(accountOf(data)), model, max_tokens: 50 })
        .withResponse()
      expect(answer.choices[0]?.message.content).toBe(answers['text']?.content)
      const { receipt } = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
      expect(receipt.tiers).toBe(3)
      const offered = contributor.events.find(({ event }) => event === 'models')
      const { modelId } = receipt.work
      expect(offered?.['models']).toMatchObject([{ id: model, modelId, prompt: '5000000' }])
      expect(await contributor.interrupt()).toBe(0)
    } finally {
      await engine.close()
    }
  },
  eachTestMs,
)
