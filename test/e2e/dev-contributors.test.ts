/*
 * `vouch contributors` beside a running `vouch dev`, in the folder where it was started: no option is needed.
 */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { type KeyedUpstream, startKeyedUpstream } from '../support/keyed-upstream.ts'

const folder = temporaryFolder()
const data = join(folder.path, '.vouch/dev')
let dev: DevProcess
let service: KeyedUpstream

beforeAll(async () => {
  mkdirSync(data, { recursive: true })
  service = await startKeyedUpstream('sk-added-planted-marker')
  dev = await startDev(data)
})
afterAll(async () => {
  await dev.interrupt()
  await service.close()
  folder.remove()
})

const contributors = (args: readonly string[], input?: string) =>
  runVouch(['contributors', ...args], input, folder.path)

test('its contributor is listed, and another is added with a key from standard input', async () => {
  expect(await contributors(['list'])).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^embedded {2}healthy/),
  })
  const added = await contributors(
    [
      ...['add', '--url', service.baseUrl, '--model', 'mine', '--context', '4096'],
      ...['--prompt-price', '1', '--completion-price', '2', '--key-file', '-'],
    ],
    'sk-added-planted-marker\n',
  )
  expect(added).toMatchObject({ code: 0, output: expect.stringMatching(/^key-\w+ {2}healthy/) })
  const answer = await dev.client.chat.completions.create({
    model: 'mine',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(answer.choices[0]?.message.content).toBe('Hello there!')
  expect(service.asked.at(-1)?.key).toBe('sk-added-planted-marker')
  expect(dev.output()).not.toContain('planted-marker')
})

test('its token and its secret are for its owner alone', () => {
  for (const name of ['admin-token', 'contributor-secret']) {
    expect([name, statSync(join(data, name)).mode & 0o777]).toEqual([name, 0o600])
  }
})
