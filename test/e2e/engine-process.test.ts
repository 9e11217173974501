import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestBodyBytesMax } from '../../src/base/limits.ts'
import { engineCommand } from '../../src/cli/engine-command.ts'
import { slotsDefaultMax } from '../../src/engine/limits.ts'
import { type EngineProcess, runEngine, startEngine } from '../support/engine-process.ts'

const question = { model: 'vouch-mini', messages: [{ role: 'user', content: 'Hi' }] }
const endless = { ...question, stream: true, max_tokens: 120, logit_bias: { 3: -100 } }

const ask = (engine: EngineProcess, body: object): Promise<Response> =>
  fetch(`${engine.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) })

describe('an engine that is told to stop', () => {
  test('by the end of its standard input, ends with 0', async () => {
    const engine = await startEngine()
    expect(engine.contributor).toBeNull()
    expect(await engine.stop()).toBe(0)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s, finishes what is in flight', async (signal) => {
    const engine = await startEngine()
    const exited = once(engine.process, 'exit')
    const response = await ask(engine, endless)
    engine.process.kill(signal)
    const streamed = await response.text()
    expect(streamed).toContain('"finish_reason":"length"')
    expect(streamed.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(await exited).toEqual([0, null])
    await expect(fetch(`${engine.url}/health`)).rejects.toThrow()
  })

  test('ends when the process that started it is killed', async () => {
    // The parent's own death closes the pipe, whatever killed it: here only the pipe is cut.
    const engine = await startEngine()
    const exited = once(engine.process, 'exit')
    engine.process.stdin.destroy()
    expect(await exited).toEqual([0, null])
  })
})

describe('an engine that cannot start says why in one line', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vouch-engine-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const complaint = async (...args: string[]): Promise<readonly [number | null, string]> => {
    const { code, stdout, stderr } = await runEngine(args)
    expect(stdout).toBe('')
    expect(stderr.trimEnd()).not.toContain('\n')
    return [code, stderr]
  }

  test('a model that is not there', async () => {
    const [code, line] = await complaint('--model', 'no-such-model')
    expect(code).toBe(1)
    expect(line).toMatch(/no-such-model.manifest\.json: it cannot be read \(ENOENT\)/)
  })

  test('a port that is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const [code, line] = await complaint('--port', String(port))
    holder.close()
    expect(code).toBe(1)
    expect(line).toContain(
      `127.0.0.1 port ${port} is in use: stop what runs there or pass --port 0`,
    )
  })

  test('a key that others can read, that is none, or that lacks its domain', async () => {
    const domain = ['--chain-id', '1', '--receipt-verifier', `0x${'01'.repeat(20)}`]
    const keyFile = join(folder, 'key')
    await writeFile(keyFile, '11'.repeat(32), { mode: 0o644 })
    const [openCode, open] = await complaint('--key-file', keyFile, ...domain)
    expect([openCode, open]).toEqual([1, expect.stringContaining('run chmod 600 on it')])
    const noKey = join(folder, 'no-key')
    await writeFile(noKey, 'hunter2', { mode: 0o600 })
    const [wrongCode, wrong] = await complaint('--key-file', noKey, ...domain)
    expect([wrongCode, wrong]).toEqual([1, expect.stringContaining('holds no key')])
    expect(wrong).not.toContain('hunter2')
    const [lackingCode, lacking] = await complaint('--key-file', keyFile)
    expect([lackingCode, lacking]).toEqual([2, expect.stringContaining('needs --chain-id')])
  })

  test.each([
    [['--port', '70000'], '--port is a whole number from 0 to 65535, not "70000"'],
    [['--parallel', '0'], '--parallel is a whole number from 1 to 256, not "0"'],
    [['--batch', '0'], '--batch is a whole number from 1 to 256, not "0"'],
    [['--log', 'everything'], '--log is requests or none'],
    [['--host', '0.0.0.0'], '--host 0.0.0.0 is open to others: it needs --secret-file'],
  ])('unusable arguments: %j', async (args, expected) => {
    await expect(engineCommand.run(args)).rejects.toMatchObject({
      exitCode: 2,
      message: `${expected}. See vouch engine --help`,
    })
  })
})

describe('bad input changes nothing', () => {
  let engine: EngineProcess
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(async () => {
    expect(await engine.stop()).toBe(0)
  })

  const errorOf = async (response: Response): Promise<unknown> => {
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
    return [response.status, error['code']]
  }

  test('an unknown route, an unknown method', async () => {
    const unknown = await fetch(`${engine.url}/v1/moderations`, { method: 'POST', body: '{}' })
    expect(await errorOf(unknown)).toEqual([404, 'unknown_url'])
    const method = await fetch(`${engine.url}/v1/chat/completions`)
    expect(method.headers.get('allow')).toBe('POST')
    expect(await errorOf(method)).toEqual([405, 'method_not_allowed'])
  })

  test('a body that is no JSON, or empty', async () => {
    for (const body of ['', '{"model":', 'hello']) {
      const response = await fetch(`${engine.url}/v1/chat/completions`, { method: 'POST', body })
      expect(await errorOf(response)).toEqual([400, 'invalid_json'])
    }
  })

  test('a body that says it is too large, and one that turns out to be', async () => {
    const { hostname, port } = new URL(engine.url)
    const options = { hostname, port, path: '/v1/chat/completions', method: 'POST' }
    const announced = request({
      ...options,
      headers: { 'content-length': String(requestBodyBytesMax + 1) },
    })
    announced.flushHeaders()
    const [refusedEarly] = await once(announced, 'response')
    expect(refusedEarly.statusCode).toBe(413)
    expect(JSON.parse(await text(refusedEarly)).error.code).toBe('request_too_large')
    announced.destroy()

    const chunked = request(options)
    // The engine answers and closes before it has taken everything: what is left over may fail.
    chunked.on('error', () => {})
    chunked.write(Buffer.alloc(requestBodyBytesMax, 0x20))
    chunked.write('more than that')
    const [refusedLate] = await once(chunked, 'response')
    expect(refusedLate.statusCode).toBe(413)
    chunked.destroy()
  })

  test('a client that hangs up in the middle of its request', async () => {
    const { hostname, port } = new URL(engine.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{"mo',
    )
    await fetch(`${engine.url}/health`)
    socket.destroy()
    for (;;) if ((await engine.nextRequestEnd()).outcome === 'client_gone') break
    expect((await ask(engine, { ...question, max_tokens: 1 })).status).toBe(200)
  })

  test('bytes that are no HTTP', async () => {
    const { hostname, port } = new URL(engine.url)
    const socket = connect(Number(port), hostname)
    socket.write('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n')
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('health still says that nothing runs', async () => {
    expect(await (await fetch(`${engine.url}/health`)).json()).toEqual({
      status: 'ok',
      model: 'vouch-mini',
      modelId: engine.modelId,
      contextTokensMax: 1024,
      endpoints: ['chat/completions', 'completions', 'embeddings'],
      batchRows: slotsDefaultMax,
      slots: slotsDefaultMax,
      running: 0,
      waiting: 0,
    })
  })
})
