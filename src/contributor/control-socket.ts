/*
 * How the commands of a person reach the agent that runs in its folder: a socket in that folder, which nobody else may enter.
 * One line of JSON asks, one line answers.
 */
import { chmodSync, unlinkSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, address, isAddress } from '../domain/units.ts'
import { controlAnswerTimeoutMs, controlLineLengthMax } from './limits.ts'

/** What a running agent says of itself. */
export type AgentStatus = {
  readonly pid: number
  readonly startedAtMs: number
  /** `draining`: no new job is taken; `drained`: none is left either, and the gateway was told. */
  readonly state: 'serving' | 'draining' | 'drained'
  /** Whether the connection to the gateway stands; null where the gateway dials. */
  readonly connected: boolean | null
  /** When the gateway was last heard of, by its connection or by a job. */
  readonly gatewaySeenAtMs: number
  readonly inFlight: number
  /** Of these, jobs whose Work a former signing key will sign. */
  readonly formerKeyInFlight: number
  /** The key that signs the next job. */
  readonly signingAddress: Address
  /** For a person: what it is and where. */
  readonly engine: string
  readonly models: readonly string[]
}

/** What can be asked of an agent. Each is answered with its status then. */
export type AgentControl = {
  readonly status: () => AgentStatus
  /** Takes no new jobs and, when none is left, leaves the gateway. Goes on after the answer. */
  readonly drain: () => void
  /** Takes jobs again. */
  readonly resume: () => Promise<Result<void, string>>
  /** Signs new jobs with the key that is in the folder now, and joins with it; the rest of the running ones keep theirs. */
  readonly takeKey: () => Promise<Result<void, string>>
}

const commands = ['status', 'drain', 'resume', 'take-key'] as const
export type ControlCommand = (typeof commands)[number]

export type ControlSocket = { readonly close: () => Promise<void> }

/** Listens at `path`. What a killed agent left there is removed; a second agent is an error, one line for a person. */
export async function openControlSocket(
  path: string,
  control: AgentControl,
): Promise<Result<ControlSocket, string>> {
  if ((await askAgent(path, 'status')) !== undefined) {
    return err(`another agent runs and listens at ${path}: stop it, or choose another folder`)
  }
  removeSocket(path)
  const server = createServer((socket) => answerOne(socket, control))
  try {
    await listening(server, path)
    // The folder is closed to others already; a umask may have opened the socket itself.
    chmodSync(path, 0o600)
  } catch (error) {
    server.close()
    return err(
      `cannot listen at ${path} (${messageOf(error)}): a socket's path has 100 characters at most`,
    )
  }
  return ok({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        removeSocket(path)
      }),
  })
}

const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve()
    })
  })

function removeSocket(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It was not there.
  }
}

function answerOne(socket: Socket, control: AgentControl): void {
  socket.on('error', () => undefined)
  socket.setTimeout(controlAnswerTimeoutMs, () => socket.destroy())
  void readLine(socket).then(async (line) => {
    const command = commands.find((name) => name === line)
    if (command === undefined) {
      socket.destroy()
      return
    }
    // What throws while it obeys, such as a port that is taken by now, must not end an agent whose jobs run.
    const done = await obey(control, command).catch((error: unknown) => err(messageOf(error)))
    const answer = done.ok ? control.status() : { error: done.error }
    socket.end(`${JSON.stringify(answer)}\n`)
  })
}

async function obey(control: AgentControl, command: ControlCommand): Promise<Result<void, string>> {
  switch (command) {
    case 'status':
      return ok(undefined)
    case 'drain':
      control.drain()
      return ok(undefined)
    case 'resume':
      return control.resume()
    case 'take-key':
      return control.takeKey()
  }
}

/** Undefined where no agent listens. An error is what the agent says, one line for a person. */
export function askAgent(
  path: string,
  command: ControlCommand,
): Promise<Result<AgentStatus, string> | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.setTimeout(controlAnswerTimeoutMs, () => {
      socket.destroy()
      resolve(err('the agent does not answer'))
    })
    // Nobody listens: no agent was here, or it was killed and its socket is left.
    socket.on('error', () => resolve(undefined))
    socket.once('connect', () => {
      socket.write(`${command}\n`)
      void readLine(socket).then((line) => {
        socket.destroy()
        resolve(readAnswer(line))
      })
    })
  })
}

/** The first line, or what came before the end; nothing where that is too long. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let length = 0
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > controlLineLengthMax) socket.destroy()
    })
    const lines = createInterface({ input: socket })
    lines.once('line', (line) => resolve(line))
    socket.once('close', () => resolve(''))
  })
}

function readAnswer(line: string): Result<AgentStatus, string> {
  const unreadable = err('the agent gives an answer that this version does not read')
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>
  } catch {
    return unreadable
  }
  if (typeof fields['error'] === 'string') return err(fields['error'])
  const { signingAddress, state } = fields
  const counts = ['pid', 'startedAtMs', 'gatewaySeenAtMs', 'inFlight', 'formerKeyInFlight'] as const
  const isWhole = counts.every((name) => typeof fields[name] === 'number')
  const isState = state === 'serving' || state === 'draining' || state === 'drained'
  if (!isWhole || !isState || !isAddress(signingAddress)) return unreadable
  // The other end is this program in the same folder: what decides was looked at, the rest is shown.
  return ok({ ...(fields as AgentStatus), signingAddress: address(signingAddress) })
}
