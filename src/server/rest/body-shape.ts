import { z } from 'zod'
import { MillraceError } from '../../errors.js'

/** A key that is absent or null has its type's empty value, as in Go. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

export const texts = z
  .array(z.string())
  .nullish()
  .transform((values) => values ?? [])

/** Looked at as it was sent; null where it is absent. */
export const anything = z
  .unknown()
  .nullish()
  .transform((value) => value ?? null)

/** What a filter's template variables stand for; it is read off the body's text, with all digits. */
export const exprParams = z.record(z.string(), z.unknown()).nullish()

export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)

/** Values of any plain type, as texts. */
export const properties = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .nullish()
  .transform((members) =>
    Object.entries(members ?? {}).map(([key, value]) => [key, String(value)] as const),
  )

export const filesOfRows = z
  .array(z.array(z.string()))
  .nullish()
  .transform((groups) => groups ?? null)

export const textPairs = z
  .record(z.string(), text)
  .nullish()
  .transform((options) => Object.entries(options ?? {}))

/** A body's keys. Others, which newer clients send, are passed over. */
export interface BodyShape<Body> {
  /** As Milvus names it in its messages. */
  readonly name: string
  readonly schema: z.ZodType<Body>
  /** Keys that must be there and not empty, with the names that Milvus's messages give them. */
  readonly required: Readonly<Partial<Record<keyof Body & string, string>>>
}

/** Of a request that says nothing. */
export const emptyShape = { name: 'EmptyReq', schema: z.object({}), required: {} } as const

/** @throws restNotJson, restParameterMissing with Milvus's texts */
export function parseBody<Body>(shape: BodyShape<Body>, bodyText: string): Body {
  const body = parseKeys(shape.schema, bodyText)
  const missing = missingKeys(shape, body)
  if (missing.length > 0) {
    throw new MillraceError(
      'restParameterMissing',
      `missing required parameters, error: ${missing.join('\n')}`,
    )
  }
  return body
}

/** A body, whichever keys it has. @throws restNotJson */
export function parseKeys<Body>(schema: z.ZodType<Body>, bodyText: string): Body {
  const parsed = schema.safeParse(jsonObjectFrom(bodyText))
  if (!parsed.success) throw notJson(parsed.error.issues.map(issueText).join('; '))
  return parsed.data
}

function jsonObjectFrom(bodyText: string): object {
  if (bodyText.trim() === '') {
    throw notJson('EOF, the request body should be nil, however {} is valid')
  }
  const value = jsonFrom(bodyText)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value
  throw notJson(`expected an object, got ${bodyText.slice(0, 60)}`)
}

function jsonFrom(bodyText: string): unknown {
  try {
    return JSON.parse(bodyText)
  } catch (error) {
    throw notJson((error as SyntaxError).message)
  }
}

function missingKeys<Body>({ name, required }: BodyShape<Body>, body: Body): string[] {
  return Object.entries<string | undefined>(required).flatMap(([key, field]) => {
    const value = body[key as keyof Body]
    if (value !== '' && value !== null) return []
    return [
      `Key: '${name}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`,
    ]
  })
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return `"${path.join('.')}": ${message}`
}

export function notJson(reason: string): MillraceError {
  return new MillraceError('restNotJson', `can only accept json format request, error: ${reason}`)
}
