/*
 * Tools of a Responses request, and which of them may be called, as a chat completion has them. Source: OpenAI API
 * reference, "Create a model response", `tools` and `tool_choice`.
 */
import { type FieldReader, type Fields, isFields } from '../field-reader.ts'
import type { FunctionTool, ToolChoice } from './responses-object.ts'

export type ReadTools = {
  /** Members of the chat completion; none where there is no tool, which engines refuse to hear of. */
  readonly chat: Fields
  /** As the answer repeats them. */
  readonly tools: readonly FunctionTool[]
  readonly choice: ToolChoice
  readonly parallel: boolean
}

const modes = ['auto', 'none', 'required'] as const
const runsNoTools = 'this gateway runs no tools; only function tools are offered'

export function readTools(fields: FieldReader): ReadTools {
  const tools = (fields.objects('tools') ?? []).map(readTool)
  const { choice, allowed } = readToolChoice(fields, new Set(tools.map(({ name }) => name)))
  const parallel = fields.flag('parallel_tool_calls')
  const offered = tools.filter(({ name }) => allowed?.has(name) ?? true)
  const chosen = chatChoiceOf(choice)
  const chat = {
    tools: offered.map(chatToolOf),
    ...(chosen !== undefined && { tool_choice: chosen }),
    ...(parallel !== undefined && { parallel_tool_calls: parallel }),
  }
  return {
    chat: offered.length > 0 ? chat : {},
    tools,
    choice: choice ?? 'auto',
    parallel: parallel ?? true,
  }
}

function readTool(tool: FieldReader): FunctionTool {
  if (tool.requiredText('type') !== 'function') tool.unsupported('type', runsNoTools)
  const name = tool.requiredText('name')
  if (name === '') tool.unfit('name', 'a name')
  const read = {
    type: 'function',
    name,
    description: tool.text('description') ?? null,
    parameters: tool.fields('parameters') ?? null,
    strict: tool.flag('strict') ?? null,
  } as const
  for (const extra of ['async', 'defer_loading']) {
    if (tool.flag(extra) === true) tool.unsupported(extra, runsNoTools)
  }
  tool.refuseOthers('a function has name, description, parameters and strict')
  return read
}

const chatToolOf = ({ name, description, parameters, strict }: FunctionTool): Fields => ({
  type: 'function',
  function: {
    name,
    ...(description !== null && { description }),
    ...(parameters !== null && { parameters }),
    ...(strict !== null && { strict }),
  },
})

type ReadChoice = {
  readonly choice: ToolChoice | undefined
  /** The only tools that may be called; undefined leaves all. */
  readonly allowed?: ReadonlySet<string>
}

function readToolChoice(fields: FieldReader, names: ReadonlySet<string>): ReadChoice {
  const value = fields.raw('tool_choice')
  if (isFields(value)) {
    const choice = fields.object('tool_choice')
    return (choice && readChosen(choice, names)) ?? { choice: undefined }
  }
  const mode = fields.oneOf('tool_choice', modes)
  if (mode === 'required' && names.size === 0) fields.unfit('tool_choice', 'tools to call')
  return { choice: mode }
}

/** One function by its name, or some of them: engines that know no `allowed_tools` are told of no others. */
function readChosen(choice: FieldReader, names: ReadonlySet<string>): ReadChoice | undefined {
  const type = choice.requiredText('type')
  if (type === 'function') return { choice: { type, name: readName(choice, names) } }
  if (type !== 'allowed_tools') return choice.unsupported('type', runsNoTools)
  const mode = choice.oneOf('mode', ['auto', 'required']) ?? choice.missing('mode')
  const tools = choice.objects('tools') ?? []
  if (tools.length === 0) return choice.unfit('tools', 'at least one tool')
  const allowed = tools.map((tool) => {
    if (tool.requiredText('type') !== 'function') tool.unsupported('type', runsNoTools)
    return readName(tool, names)
  })
  if (mode === undefined) return undefined
  const named = allowed.map((name) => ({ type: 'function', name }) as const)
  return { choice: { type, mode, tools: named }, allowed: new Set(allowed) }
}

function readName(choice: FieldReader, names: ReadonlySet<string>): string {
  const name = choice.requiredText('name')
  if (!names.has(name)) choice.unfit('name', 'the name of one of tools')
  return name
}

function chatChoiceOf(choice: ToolChoice | undefined): unknown {
  if (choice === undefined || typeof choice === 'string') return choice
  return choice.type === 'allowed_tools'
    ? choice.mode
    : { type: 'function', function: { name: choice.name } }
}
