/*
 * Who is measured: each in processes of its own, kept to one core, in front of the same upstream.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadTarget } from './load.ts'
import { type PayingClient, payingHeaders } from './paying-client.ts'
import { MissingProgram, processFamily } from './process-accounting.ts'

export type Contender = {
  readonly name: string
  readonly target: LoadTarget
  /** Main process first; empty for no process at all (`direct`). */
  readonly pids: readonly number[]
  /** The ledger that this contender writes, to count what it made durable. */
  readonly ledgerPath: string | undefined
  /** The same processes, asked by a client that pays for each request itself. */
  readonly paying?: Contender | undefined
  readonly stop: () => Promise<void>
}

export type Place = {
  readonly core: number
  /** `host:port` of the upstream. */
  readonly upstream: string
  /** For ledgers and configuration; emptied at the end by its owner. */
  readonly folder: string
}

const bearer = (key: string): string => `authorization: Bearer ${key}`

/** No contender: the load speaks to the upstream itself. */
export const direct = (upstream: string): Contender => ({
  name: 'direct',
  target: targetOf(`http://${upstream}`, bearer('none')),
  pids: [],
  ledgerPath: undefined,
  stop: async () => {},
})

export async function startBareProxy(place: Place): Promise<Contender> {
  const child = spawnPinned(place.core, process.execPath, [
    new URL('./bare-proxy.ts', import.meta.url).pathname,
    `http://${place.upstream}`,
  ])
  const { origin } = await firstLine(child)
  return { ...running(child), name: 'bare', target: targetOf(origin, bearer('none')) }
}

/** The gateway of the checkout at `root`, which is this one unless two states of the code are compared. */
export async function startGatewayProcess(
  place: Place,
  gateway: { readonly name: string; readonly root: string; readonly profileFolder?: string },
): Promise<Contender> {
  const folder = mkdtempSync(join(place.folder, 'gateway-'))
  const { profileFolder } = gateway
  const child = spawnPinned(place.core, process.execPath, [
    // As `npm start` starts it (docs/decisions/0028).
    '--max-semi-space-size=64',
    ...(profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]),
    join(gateway.root, 'bench', 'gateway-process.ts'),
    `http://${place.upstream}/v1`,
    folder,
  ])
  const { origin, apiKey, payer } = await firstLine(child)
  const paying = payer && {
    ...running(child),
    name: `${gateway.name}, a voucher each`,
    target: targetOf(origin, payingHeaders(payer)),
    stop: async () => {},
  }
  return {
    ...running(child),
    name: gateway.name,
    paying,
    target: targetOf(origin, bearer(apiKey ?? 'none')),
    ledgerPath: join(folder, 'ledger.db'),
    stop: async () => {
      await ended(child)
      rmSync(folder, { recursive: true })
    },
  }
}

/** Throws MissingProgram with the command that installs nginx. */
export async function startNginx(place: Place): Promise<Contender> {
  const version = nginxVersion()
  const folder = join(place.folder, 'nginx')
  mkdirSync(folder)
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, nginxConfiguration({ folder, port, upstream: place.upstream }))
  const child = spawnPinned(place.core, 'nginx', ['-p', folder, '-c', file, '-e', 'stderr'])
  const target = targetOf(`http://127.0.0.1:${port}`, bearer('none'))
  await untilListening(child, port)
  const stop = () => {
    child.kill('SIGTERM')
    return ended(child)
  }
  return { ...running(child), name: `nginx ${version}`, target, stop }
}

/**
 * Portkey's gateway, as `npm install` left it in `folder`, told by headers to proxy to the upstream. It listens on every
 * interface: it has no setting for that. Throws MissingProgram with the command that installs it.
 */
export async function startPortkey(place: Place, folder: string): Promise<Contender> {
  const home = join(folder, 'node_modules', '@portkey-ai', 'gateway')
  const program = join(home, 'build', 'start-server.js')
  if (!existsSync(program)) {
    throw new MissingProgram(
      `there is no Portkey in ${folder}: npm install --prefix ${folder} @portkey-ai/gateway`,
    )
  }
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const port = await freePort()
  const child = spawnPinned(
    place.core,
    process.execPath,
    [program, `--port=${port}`, '--headless'],
    'ignore',
  )
  const credentials = [
    bearer('none'),
    'x-portkey-provider: openai',
    `x-portkey-custom-host: http://${place.upstream}/v1`,
  ].join('\r\n')
  const target = targetOf(`http://127.0.0.1:${port}`, credentials)
  await untilListening(child, port)
  const stop = () => {
    child.kill('SIGTERM')
    return ended(child)
  }
  return { ...running(child), name: `portkey ${version}`, target, stop }
}

function nginxVersion(): string {
  try {
    // nginx writes its version to standard error only.
    const text = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' })
    return /nginx\/(\S+)/.exec(text)?.[1] ?? 'of unknown version'
  } catch {
    throw new MissingProgram(
      'nginx is missing, and every ratio is against it: apt-get install nginx-light\n' +
        '(or measure without it: --without nginx)',
    )
  }
}

/** One worker, nothing logged, connections kept on both sides: as cheap as nginx can be asked to proxy. */
function nginxConfiguration(place: {
  readonly folder: string
  readonly port: number
  readonly upstream: string
}): string {
  const { folder, port, upstream } = place
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 8192; multi_accept on; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 65s;
  keepalive_requests 1000000000;
${temporary}
  upstream engine {
    server ${upstream};
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://engine;
      proxy_http_version 1.1;
      proxy_set_header connection "";
    }
  }
}
`
}

function spawnPinned(
  core: number,
  command: string,
  args: readonly string[],
  output: 'pipe' | 'ignore' = 'pipe',
): ChildProcess {
  // taskset becomes the command: the child's id is the contender's own.
  return spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['pipe', output, 'inherit'],
  })
}

/** Called once the contender listens: its children are there by then. */
function running(child: ChildProcess): Omit<Contender, 'name' | 'target'> {
  return {
    pids: child.pid === undefined ? [] : processFamily(child.pid),
    ledgerPath: undefined,
    stop: () => ended(child),
  }
}

type FirstLine = {
  readonly origin: string
  readonly apiKey?: string
  readonly payer?: PayingClient
}

async function firstLine(child: ChildProcess): Promise<FirstLine> {
  if (child.stdout === null) throw new Error('a contender has standard output')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error(`a contender ended before it listened: ${child.spawnargs.join(' ')}`)
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

/** Our own programs end with their standard input, in order: a profile is written, a ledger closed. */
async function ended(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await exit
}

function targetOf(origin: string, credentials: LoadTarget['credentials']): LoadTarget {
  const { hostname, port } = new URL(origin)
  return { host: hostname, port: Number(port), credentials, idle: [] }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const place = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (place === null || typeof place === 'string') throw new Error('a TCP server has a port')
  return place.port
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 500 && isRunning(child); attempt += 1) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (connected) return
    await pause(20)
  }
  throw new Error(`${child.spawnfile} does not listen; what it wrote stands above`)
}
