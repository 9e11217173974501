import { statSync } from 'node:fs'
import { isIP } from 'node:net'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import type { ConfigReading, GatewayConfig } from '../config.ts'
import { isPublicAddress } from '../upstream/public-address.ts'

/** Something that works, and that an operator may regret. `key` is as it is written in the file. */
export type ConfigWarning = { readonly key: string; readonly message: string }

/** What to look at in a configuration that can be served by; nothing is asked over the network. */
export function configWarnings({ config, secretFiles }: ConfigReading): readonly ConfigWarning[] {
  return [
    ...openDoors(config),
    ...plainUrls(config),
    ...secondNodes(config),
    ...[...secretFiles].flatMap(([key, path]) => openSecret(key, path)),
    ...unlimitedUpstreams(config),
    ...freeModels(config),
    ...anyNames(config),
    ...idleAudits(config),
    ...otherAnchors(config),
  ]
}

const openDoors = ({ listen }: GatewayConfig): readonly ConfigWarning[] =>
  isLocalHost(listen.host)
    ? []
    : [
        {
          key: 'listen.host',
          message: `${listen.host} is reached from other machines, without TLS: API keys and prompts can be read on the way unless a reverse proxy stands before it`,
        },
      ]

/** A host by itself; in brackets where it is an IPv6 address. */
const isLocalHost = (host: string): boolean =>
  host === 'localhost' || host.startsWith('127.') || host === '::1' || host === '[::1]'

const privateNames = /(^|\.)(localhost|local|internal|lan|home\.arpa)$|^[^.]+$/

/** A name without a dot, or under one of the suffixes that no public server has, is found on an own network alone. */
function isPublicHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) === 0 ? !privateNames.test(literal) : isPublicAddress(literal)
}

function plainUrls({ upstreams, chain, chains = [], store }: GatewayConfig): ConfigWarning[] {
  const urls = [
    ...upstreams.map(({ baseUrl }, index) => [`upstreams[${index}].url`, baseUrl] as const),
    ['chain.rpcUrl', chain.rpcUrl] as const,
    ['chain.secondRpcUrl', chain.secondRpcUrl] as const,
    ...chains.map(({ rpcUrl }, index) => [`chains[${index}].rpcUrl`, rpcUrl] as const),
    ['store', store?.redisUrl] as const,
  ]
  return urls.flatMap(([key, url]) => {
    if (url === undefined || !/^(http|redis):/.test(url)) return []
    const { hostname } = new URL(url)
    if (!isPublicHost(hostname)) return []
    const message = `what is said to ${hostname} can be read and changed on the way: it is no TLS`
    return [{ key, message }]
  })
}

/** Whoever tries things out on a chain of their own needs no second opinion on it. */
function secondNodes({ chain }: GatewayConfig): readonly ConfigWarning[] {
  if (chain.secondRpcUrl !== undefined || !isPublicHost(new URL(chain.rpcUrl).hostname)) return []
  const message = 'a node that hides a withdrawal for its whole delay costs what is unclaimed'
  return [{ key: 'chain.secondRpcUrl', message: `there is none: ${message}` }]
}

const othersMayUse = 0o077

function openSecret(key: string, path: string): readonly ConfigWarning[] {
  const mode = statSync(path).mode & othersMayUse
  if (mode === 0) return []
  return [{ key, message: `others on this machine may open the file: chmod 600 ${path}` }]
}

const unlimitedUpstreams = ({ upstreams }: GatewayConfig): readonly ConfigWarning[] =>
  upstreams.flatMap(({ id, limits }, index) => {
    if (Object.values(limits ?? {}).some((limit) => limit !== undefined)) return []
    const message = `${id} has none: it is asked for as much as callers want`
    return [{ key: `upstreams[${index}].limits`, message }]
  })

const freeModels = ({ upstreams }: GatewayConfig): readonly ConfigWarning[] =>
  upstreams.flatMap((upstream, index) =>
    upstream.models.flatMap(({ id, servings }, place) => {
      const isFree = servings.some(
        (prices) => prices.promptAtomicPerMtok + prices.completionAtomicPerMtok === 0n,
      )
      if (!isFree) return []
      const key = `upstreams[${index}].models[${place}].price`
      return [{ key, message: `${id} costs nothing: whoever has a key may use it without end` }]
    }),
  )

/** A stake says who somebody is, and nothing of what it serves. */
function anyNames({ joining }: GatewayConfig): readonly ConfigWarning[] {
  if (joining?.isOpen !== true || joining.needsApproval || joining.anyModel === undefined) return []
  const message =
    'whoever has a stake may serve a model under any name that is free, and nobody is asked'
  return [{ key: 'joining.anyModel', message }]
}

/** The contract folds batches for each account: with the operator's own there is one log to look for, and no other. */
const otherAnchors = ({ gateway, transparency }: GatewayConfig): readonly ConfigWarning[] =>
  transparency === undefined || addressOfPrivateKey(gateway.claimKey) === gateway.operator
    ? []
    : [
        {
          key: 'transparency',
          message:
            "the claim key is not the operator's own: that it anchors the only log of this gateway, auditors cannot see from the chain",
        },
      ]

/** Auditors are shown what the log's anchors choose. */
const idleAudits = ({ audits, transparency }: GatewayConfig): readonly ConfigWarning[] =>
  audits === undefined || transparency !== undefined
    ? []
    : [
        {
          key: 'audits',
          message:
            'without transparency nothing is chosen, opened or kept: auditors have only requests of their own',
        },
      ]
