import { tunnelPingMs } from '../base/limits.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import { answerGreeting } from '../contributor/answer-greeting.ts'
import { dialGateway } from '../contributor/dial-gateway.ts'
import { forwardTo } from '../contributor/forward-request.ts'
import { exchangeKeptMs } from '../contributor/limits.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import type { WorkSigner } from '../contributor/sign-work.ts'
import { TunnelExchanges } from '../contributor/tunnel-exchanges.ts'
import { type Address, address, isAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

export type DialOptions = {
  readonly gateway?: string | undefined
  readonly 'gateway-operator'?: string | undefined
  readonly 'gateway-key'?: string | undefined
  readonly 'contributor-registry'?: string | undefined
}

export const dialHelp: string = `Gateway (for a machine that nobody can dial: the engine opens the connection; docs/tunnel.md)
  --gateway URL             the gateway's origin; it must know this contributor by its key
  --gateway-operator 0x…    operator account of that gateway…
  --gateway-key 0x…         …and the address of the key that it signs with: no other is served
  --contributor-registry 0x…  the ContributorRegistry that the contributor is registered with`

/** Where to dial and whom to expect there. */
export type DialTarget = {
  readonly url: URL
  readonly gateway: Address
  readonly gatewayKeys: readonly Address[]
  readonly contributorRegistry: Address
}

/** Undefined where nobody is dialled. */
export function dialTargetOf(options: DialOptions): DialTarget | undefined {
  const { gateway: url } = options
  if (url === undefined) return undefined
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw unusable('--gateway is the http or https URL of a gateway')
  }
  return {
    url: new URL('/v1/contributors/tunnel', url),
    gateway: account(options, 'gateway-operator'),
    gatewayKeys: [account(options, 'gateway-key')],
    contributorRegistry: account(options, 'contributor-registry'),
  }
}

function account(options: DialOptions, name: Exclude<keyof DialOptions, 'gateway'>): Address {
  const value = options[name]
  if (isAddress(value)) return address(value)
  throw unusable(`--gateway needs --${name}, 0x and the 40 hex digits of an account`)
}

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch engine --help`, 2)

type Dialled = {
  /** Where the engine listens, and what it wants to be shown. */
  readonly origin: string
  readonly secret: string | undefined
  readonly workSigner: WorkSigner | undefined
}

/** Keeps the engine reachable for the gateway that was named, if one was. Answers how to stop. */
export async function dialGatewayOf(
  options: {
    readonly dial: DialTarget | undefined
    readonly keyFile: string | undefined
    readonly chainId: number | undefined
  },
  { origin, secret, workSigner }: Dialled,
  print: (line: object) => void,
): Promise<() => void> {
  const { dial, keyFile, chainId } = options
  if (dial === undefined) return () => {}
  if (workSigner === undefined || keyFile === undefined || chainId === undefined) {
    throw unusable('--gateway needs --key-file: the gateway knows a contributor by its key')
  }
  const key = await readKeyFile(keyFile)
  if (!key.ok) throw new CommandFailure(key.error)
  const { url, gateway, gatewayKeys, contributorRegistry: verifyingContract } = dial
  const { contributor } = workSigner
  const domain = contributorDomain({ chainId, verifyingContract })
  const keys = { domain, gateway, gatewayKeys, contributor, signingKey: key.value }
  const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
  const exchanges = new TunnelExchanges(forwardTo({ origin, headers }), exchangeKeptMs)
  const dialling = dialGateway({
    url,
    contributor,
    onSession: (session, nonce) => {
      exchanges.serve(session, (text) => {
        const answer = answerGreeting(keys, nonce, text)
        if (answer.ok) dialling.accepted()
        print(
          answer.ok
            ? { event: 'connected', gateway }
            : { event: 'gateway_refused', why: answer.error },
        )
        return answer
      })
    },
    onLost: (why, againInMs) => print({ event: 'disconnected', why, againInMs }),
    silenceMs: 3 * tunnelPingMs,
    random: Math.random,
  })
  return () => {
    dialling.stop()
    exchanges.close()
  }
}
