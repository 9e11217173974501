/** An API key by its public name, or an account, which is a channel. */
export type Caller =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }
