/** An IPv6 customer has a /64 of addresses, and counts as one. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(':') || address.includes('.')) return address ?? ''
  const [left = [], right] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = right === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(right ?? [])]
  return groups.slice(0, 4).join(':')
}
