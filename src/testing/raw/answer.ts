import type { Wire } from './wire.ts'

/** An HTTP answer as it came over the wire: the headers in their order and spelling. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly httpVersion: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string
  /** All values of one header joined by `, `; undefined if it is absent. */
  header(name: string): string | undefined
  all(name: string): string[]
}

/** What comes before the body. */
export type Head = Omit<Answer, 'body'>
const HEAD_END = '\r\n\r\n'

/** Reads one answer; what follows it stays on the wire. The answer to a HEAD has no body, whatever it says. */
export async function readAnswer(wire: Wire, timeoutMs = 2_000, method = 'GET'): Promise<Answer> {
  const head = await readHead(wire, timeoutMs)
  const body = method === 'HEAD' ? Buffer.alloc(0) : await readBody(wire, head, timeoutMs)
  return { ...head, body: body.toString('utf8') }
}

export function readHead(wire: Wire, timeoutMs: number): Promise<Head> {
  return wire.take(takeHead, timeoutMs, 'HTTP answer')
}

function takeHead(bytes: Buffer): [Head, number] | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const match = /^HTTP\/(\d\.\d) (\d{3}) ?(.*)$/.exec(first)
  if (!match) throw new Error(`not an HTTP answer: ${first.slice(0, 80)}`)
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  const all = (name: string): string[] =>
    headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  const head: Head = {
    status: Number(match[2]),
    statusText: match[3] ?? '',
    httpVersion: match[1] ?? '',
    headers,
    all,
    header: (name) => (all(name).length > 0 ? all(name).join(', ') : undefined),
  }
  return [head, end + HEAD_END.length]
}

async function readBody(wire: Wire, head: Head, timeoutMs: number): Promise<Buffer> {
  if (head.status < 200 || head.status === 204 || head.status === 304) return Buffer.alloc(0)
  if (/chunked/i.test(head.header('transfer-encoding') ?? '')) {
    return wire.take(takeChunks, timeoutMs, 'end of the chunked body')
  }
  const length = head.header('content-length')
  if (length === undefined) return wire.rest(timeoutMs)
  const size = Number(length)
  return wire.take(
    (bytes) => (bytes.length >= size ? [bytes.subarray(0, size), size] : undefined),
    timeoutMs,
    'end of the body',
  )
}

function takeChunks(bytes: Buffer): [Buffer, number] | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const next = line + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return [Buffer.concat(parts), next]
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = next
  }
}
