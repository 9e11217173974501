/*
 * `vouch example` in one command, as somebody runs it who has nothing running: it starts a chain, a gateway and contributors,
 * and the state at its end is what the chain has. What it prints is held to the words of docs/consumers.md.
 */
import { existsSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { exampleTimeoutMs, runExample } from '../support/run-example.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const example = (...args: readonly string[]) => runExample(args, folder.path)

/** Every step in which something is sent has its gas and the hash of its transaction. */
const sent = (words: string) =>
  new RegExp(`^ +[\\d.]+ s {2}${words}.*\\([\\d,]+ gas, 0x\\w{64}\\)$`, 'm')

test(
  'a character answers through the language model, and the chain has its reply',
  async () => {
    const { code, output } = await example('character', '--say', 'Innkeeper, what is a channel?')
    expect(output).toMatch(sent('GameCharacter deployed at 0x'))
    expect(output).toMatch(sent('said "Innkeeper, what is a channel\\?"'))
    expect(output).toMatch(sent('delivered, verified on the chain: content 0x'))
    expect(output).toMatch(/the contract took the answer/)
    expect(output).toMatch(/^ {2}lastReply +".+"$/m)
    expect(code).toBe(0)
  },
  exampleTimeoutMs,
)

test(
  'an oracle takes what two of three contributors say alike',
  async () => {
    const { code, output } = await example('oracle')
    expect(output).toMatch(/starting a vouch dev with 3 contributor/)
    const contributors = [...output.matchAll(/answered by (0x\w{40})/g)].map(([, by]) => by)
    expect(new Set(contributors).size).toBe(2)
    expect(output).toMatch(sent('started its schedule'))
    expect(output).toMatch(/^ {2}risk +\d+, which is \d+\.\d\d %$/m)
    expect(output).toMatch(/ by 2 of 3$/m)
    expect(code).toBe(0)
  },
  exampleTimeoutMs,
)

test(
  'what runs already is used, and what it lacks is said',
  async () => {
    const data = `${folder.path}/dev`
    const dev = await startDev(data)
    try {
      const played = await example('character', '--data', data)
      expect(played).toMatchObject({ code: 0, output: expect.stringContaining(dev.origin) })
      const alone = await example('oracle', '--data', data)
      expect(alone).toMatchObject({
        code: 1,
        output: expect.stringMatching(/no vouch dev with 3 contributor/),
      })
    } finally {
      await dev.interrupt()
    }
    expect(await example('character', '--data', data)).toMatchObject({ code: 1 })
    expect(await example('poem')).toMatchObject({ code: 2 })
    expect(existsSync(`${folder.path}/.vouch`)).toBe(false)
  },
  exampleTimeoutMs,
)
