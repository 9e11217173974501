import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import {
  type AgentControl,
  type AgentStatus,
  askAgent,
  openControlSocket,
} from '../../../src/contributor/control-socket.ts'
import { controlLineLengthMax } from '../../../src/contributor/limits.ts'
import { address } from '../../../src/domain/units.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'agent.sock')
})
afterEach(() => folder.remove())

const serving: AgentStatus = {
  pid: process.pid,
  startedAtMs: 1,
  state: 'serving',
  connected: true,
  gatewaySeenAtMs: 2,
  inFlight: 3,
  formerKeyInFlight: 0,
  signingAddress: address(`0x${'a1'.repeat(20)}`),
  engine: 'http://127.0.0.1:8000/v1',
  models: ['m'],
}

function agent(): AgentControl & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    status: () => ({ ...serving, state: asked.includes('drain') ? 'draining' : 'serving' }),
    drain: () => void asked.push('drain'),
    resume: async () => {
      asked.push('resume')
      return ok(undefined)
    },
    takeKey: async () => err('the gateway does not answer'),
  }
}

test('a command reaches the agent of the folder and is answered with its status', async () => {
  const control = agent()
  const socket = expectOk(await openControlSocket(path, control))
  expect(statSync(path).mode & 0o077).toBe(0)
  expect(await askAgent(path, 'status')).toEqual(ok(serving))
  expect(await askAgent(path, 'drain')).toEqual(ok({ ...serving, state: 'draining' }))
  expect(await askAgent(path, 'resume')).toMatchObject({ ok: true })
  expect(await askAgent(path, 'take-key')).toEqual(err('the gateway does not answer'))
  expect(control.asked).toEqual(['drain', 'resume'])
  await socket.close()
  expect(existsSync(path)).toBe(false)
  expect(await askAgent(path, 'status')).toBeUndefined()
})

test('one agent listens in a folder; what a killed one left is no agent', async () => {
  const socket = expectOk(await openControlSocket(path, agent()))
  expect(await openControlSocket(path, agent())).toMatchObject({
    ok: false,
    error: expect.stringContaining('another agent runs'),
  })
  await socket.close()

  // A process that is killed leaves its socket behind.
  const listen = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  const killed = spawnSync(process.execPath, ['-e', listen, path])
  expect(killed.signal).toBe('SIGKILL')
  expect(existsSync(path)).toBe(true)
  expect(await askAgent(path, 'status')).toBeUndefined()
  const next = expectOk(await openControlSocket(path, agent()))
  expect(await askAgent(path, 'status')).toEqual(ok(serving))
  await next.close()
})

test('what is no command gets no answer, however long it is', async () => {
  const control = agent()
  const socket = expectOk(await openControlSocket(path, control))
  for (const line of ['stop\n', '{}\n', `${'x'.repeat(controlLineLengthMax + 1)}`]) {
    const stranger = createConnection(path)
    stranger.on('error', () => undefined)
    let said = ''
    stranger.on('data', (chunk) => {
      said += String(chunk)
    })
    stranger.write(line)
    await once(stranger, 'close')
    expect(said).toBe('')
  }
  expect(control.asked).toEqual([])
  await socket.close()
})

test('an answer that is none is told from no agent', async () => {
  for (const line of [
    '',
    'hello\n',
    '{"pid":1}\n',
    `${JSON.stringify({ ...serving, state: 'idle' })}\n`,
  ]) {
    const server = createServer((socket) => socket.resume().end(line)).listen(path)
    await once(server, 'listening')
    expect(await askAgent(path, 'status'), line).toMatchObject({ ok: false })
    await new Promise((closed) => server.close(closed))
  }
})

test('a folder whose path is too long for a socket is refused by name', async () => {
  const long = join(folder.path, 'x'.repeat(120))
  expect(await openControlSocket(long, agent())).toMatchObject({
    ok: false,
    error: expect.stringContaining(long),
  })
})

test('an agent that cannot do what it is told says why, and goes on', async () => {
  const cannotListen = async () => {
    throw new Error('cannot listen on 127.0.0.1 port 8443 (EADDRINUSE)')
  }
  const socket = expectOk(await openControlSocket(path, { ...agent(), resume: cannotListen }))
  expect(await askAgent(path, 'resume')).toEqual(
    err('cannot listen on 127.0.0.1 port 8443 (EADDRINUSE)'),
  )
  expect(await askAgent(path, 'status')).toEqual(ok(serving))
  await socket.close()
})
