import type { Snapshot } from './port.ts'

/** Where a Worker finds the inside of its object. */
const INSIDE = 'https://object.denwa.invalid'
const SNAPSHOT_HEADER = 'denwa-snapshot'
/**
 * What only a Worker can say: headers and the address come from whoever sent a request that an
 * application hands on, `cf` comes from the platform alone.
 */
const CF = { denwa: 'inside' }

interface WithCf {
  readonly cf?: { readonly denwa?: unknown }
}

/** Asks the object to take a socket. */
export function socketRequest(snapshot: Snapshot): Request {
  const header = encodeURIComponent(JSON.stringify(snapshot))
  const headers = { Upgrade: 'websocket', [SNAPSHOT_HEADER]: header }
  return new Request(`${INSIDE}/socket`, { headers, cf: CF } as RequestInit)
}

/** The socket's snapshot, if this is such a request. */
export function snapshotIn(request: Request): Snapshot | undefined {
  if (!isInside(request, '/socket')) return undefined
  return JSON.parse(decodeURIComponent(request.headers.get(SNAPSHOT_HEADER) ?? '')) as Snapshot
}

export interface Publication {
  readonly address: string
  readonly frame: string
}

/** Carries a publication to the object in which the channels live. */
export function publishRequest(publication: Publication): Request {
  const body = JSON.stringify(publication)
  return new Request(`${INSIDE}/publish`, { method: 'POST', body, cf: CF } as RequestInit)
}

export function isPublish(request: Request): boolean {
  return isInside(request, '/publish')
}

function isInside(request: Request, path: string): boolean {
  return request.url === INSIDE + path && (request as WithCf).cf?.denwa === CF.denwa
}
