/*
 * The gateway's side of the tunnel's benchmarks: takes agents that dial in, and asks through them as a gateway does.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Cancellation } from '../src/base/cancellation.ts'
import { randomHex } from '../src/base/random-ids.ts'
import { randomPrivateKey } from '../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import type { Contributor } from '../src/domain/contributor.ts'
import type { Address } from '../src/domain/units.ts'
import { openAnswer } from '../src/upstream/open-answer.ts'
import { Tunnels } from '../src/upstream/tunnels.ts'
import { UpstreamPools } from '../src/upstream/upstream-pools.ts'
import { requestBody } from './traffic.ts'
import { domain, gateway, modelId } from './tunnel-process.ts'

export type TunnelGateway = {
  readonly pools: UpstreamPools
  /** Where agents dial in. */
  readonly port: number
  /** Account of the key that the gateway proves. */
  readonly gatewayKey: Address
  /** Resolves when as many agents are there as are expected. */
  readonly allUp: Promise<void>
  readonly close: () => Promise<void>
}

export async function openTunnelGateway(contributors: readonly Address[]): Promise<TunnelGateway> {
  const signingKey = randomPrivateKey()
  const { promise: allUp, resolve } = Promise.withResolvers<void>()
  let up = 0
  const tunnels = new Tunnels({
    greeting: { domain, gateway, signingKey, timeoutMs: 5_000 },
    times: { resumeMs: 60_000, pingMs: 10_000 },
    onEvent: ({ event }) => {
      if (event === 'tunnel_up') up += 1
      if (up === contributors.length) resolve()
    },
  })
  tunnels.expect(contributors.map(expectedOf))
  const door = await openDoor(tunnels)
  const pools = new UpstreamPools(undefined, { tunnels })
  return {
    pools,
    port: (door.address() as AddressInfo).port,
    gatewayKey: addressOfPrivateKey(signingKey),
    allUp,
    close: async () => {
      door.closeAllConnections()
      door.close()
      tunnels.close()
      await pools.close()
    },
  }
}

export const expectedOf = (operator: Address): Contributor => ({
  contributorId: operator,
  baseUrl: `tunnel://${operator}/v1`,
  authorization: undefined,
  identity: { operator, signingAddresses: [operator] },
  offers: [],
})

/** Headers of a job, which who signs wants and who does not passes on. */
const jobHeaders = (): Record<string, string> => ({
  'content-type': 'application/json',
  'x-vouch-job': `0x${randomHex(32)}`,
  'x-vouch-gateway': gateway,
  'x-vouch-model': modelId,
})

/** One answer to its end; `onChunk` is told of each piece. */
export async function askOnce(
  pools: UpstreamPools,
  asked: { readonly baseUrl: string; readonly kind: 'unary' | 'paced' },
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<void> {
  const opened = await openAnswer(pools, {
    baseUrl: asked.baseUrl,
    path: '/chat/completions',
    headers: jobHeaders(),
    body: requestBody(asked.kind),
    stream: asked.kind === 'paced',
    cancellation: new Cancellation(),
  })
  if (!opened.ok) throw new Error(opened.error.reason)
  await new Promise<void>((resolve, reject) => {
    opened.value.flow({
      data: (chunk) => {
        onChunk(chunk)
        return true
      },
      end: resolve,
      fail: ({ reason }) => reject(new Error(reason)),
    })
  })
}

/** Where contributors dial in. */
async function openDoor(tunnels: Tunnels): Promise<Server> {
  const door = createServer()
  door.on('upgrade', ({ headers }, socket: Socket, head) => {
    const hello = {
      contributor: String(headers['x-vouch-contributor']),
      nonce: String(headers['x-vouch-nonce']),
    }
    void tunnels.take(socket, head, hello)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  return door
}
