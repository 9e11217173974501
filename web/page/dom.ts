/* Elements of the page by name, and new ones from text alone: nothing that a receipt says is ever read as markup. */

type Named<T extends Element> = abstract new () => T

/** The element of the page with this id. It is there, or page and program do not belong together. */
export function byId<T extends HTMLElement>(id: string, type: Named<T>): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return element
}

/** A sentence with its addresses and hashes in a type of their own. */
export const sentence = (text: string): readonly (Node | string)[] =>
  text.split(/(0x[0-9a-f]{16,})/).map((part, at) => (at % 2 === 1 ? make('code', '', part) : part))

export function make(
  tag: string,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}
