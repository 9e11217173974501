import { gatewayRegistryAbi } from './generated/gateway-registry.ts'

/** Errors of a registry and of its token, which whoever calls it passes on: in their ABIs a revert is told by its name. */
export const registryErrors: readonly object[] = [
  ...gatewayRegistryAbi.filter(({ type }) => type === 'error'),
  { type: 'error', name: 'TransferFromFailed', inputs: [] },
]
