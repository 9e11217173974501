import { jsonRpc } from '../chain/json-rpc.ts'
import type { AcceptedCoordinator } from '../contributor/check-coordinator.ts'
import { payableAnswerTimeoutMs } from '../contributor/limits.ts'
import { readAskedAt } from '../domain/contract-job-headers.ts'
import { CommandFailure } from './command.ts'

/** What a person names at a command line: a coordinator, and a node of its chain. */
export type NamedCoordinator = Pick<AcceptedCoordinator, 'chainId' | 'coordinator'> & {
  /** Undefined where it is the chain that the command has a node of anyhow. */
  readonly rpcUrl: string | undefined
}

/** `eip155:CHAIN:0x…`, with `=URL` behind it for another node. Throws CommandFailure. */
export function readNamedCoordinator(given: string): NamedCoordinator {
  const [text = '', rpcUrl] = given.split(/=(.*)/s)
  const place = readAskedAt(text)
  const isUrl = rpcUrl === undefined || /^https?:$/.test(URL.parse(rpcUrl)?.protocol ?? '')
  if (place !== undefined && isUrl) return { ...place, rpcUrl }
  throw new CommandFailure(
    `--coordinator takes eip155:CHAIN-ID:ADDRESS, and =URL behind it for a node of its chain, not '${given}'`,
    2,
  )
}

/** Asked within seconds, or not at all: a gateway waits meanwhile. */
export function acceptedCoordinator(
  { chainId, coordinator, rpcUrl }: NamedCoordinator,
  own: { readonly chainId: number; readonly rpcUrl: string } | undefined,
): AcceptedCoordinator {
  const url = rpcUrl ?? (own?.chainId === chainId ? own.rpcUrl : undefined)
  if (url === undefined) {
    throw new CommandFailure(
      `--coordinator eip155:${chainId}:${coordinator} needs =URL behind it: a node of chain ${chainId} that you choose yourself`,
      2,
    )
  }
  return { chainId, coordinator, rpc: jsonRpc(url, payableAnswerTimeoutMs), asset: undefined }
}
