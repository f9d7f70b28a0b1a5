import type { RuntimeName } from '../tools/launch.ts'
import { baseline } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { jobs } from './jobs.ts'
import type { JobName } from './jobs.ts'
import type { Figures } from './load.ts'

export interface Sample extends Figures {
  round: number
  runtime: RuntimeName
  job: JobName
  candidate: Candidate['name']
}

/** Wall time stands in where the system does not tell CPU time. */
const perCpuSecond = (it: Sample): number => (it.messages / (it.serverMs || it.wallMs)) * 1_000
const perSecond = (it: Sample): number => (it.messages / it.wallMs) * 1_000

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2
}
const count = (value: number): string => Math.round(value).toLocaleString('en')
const percent = (share: number): string =>
  Number.isNaN(share) ? '–' : `${Math.round(share * 100)}`

/** Shares are medians of each round's ratio to the raw server of that round, in percent. */
export function row(samples: Sample[], runtime: RuntimeName, job: JobName): Record<string, string> {
  const pick = (name: Candidate['name'], at: JobName): Sample[] =>
    samples.filter((it) => it.runtime === runtime && it.job === at && it.candidate === name)
  const raw = pick('raw', baseline(job))
  const shares = (name: Candidate['name'], rate = perCpuSecond): number[] =>
    pick(name, job).map((it) => rate(it) / rate(raw.find(({ round }) => round === it.round)!))
  const busy = (them: Sample[]): string =>
    (['serverMs', 'loadMs'] as const)
      .map((side) => percent(median(them.map((it) => it[side] / it.wallMs))))
      .join('/')
  const denwa = shares('denwa').toSorted((a, b) => a - b)
  const plain = pick('denwa', baseline(job))
  const ofPlain = pick('denwa', job).map(
    (it) => perCpuSecond(it) / perCpuSecond(plain.find(({ round }) => round === it.round)!),
  )
  return {
    runtime,
    job: jobs[job].title,
    'raw/CPU-s': count(median(raw.map(perCpuSecond))),
    'denwa %': percent(median(denwa)),
    spread: denwa.length > 1 ? `${percent(denwa[0]!)}–${percent(denwa.at(-1)!)}` : '–',
    'plain %': job === baseline(job) ? '–' : percent(median(ofPlain)),
    'hono %': percent(median(shares('hono'))),
    'loop %': percent(median(shares('loop'))),
    'raw/s': count(median(raw.map(perSecond))),
    'denwa/s %': percent(median(shares('denwa', perSecond))),
    'busy raw': busy(raw),
    'busy denwa': busy(pick('denwa', job)),
  }
}

/** The first two columns to the left, figures to the right. */
export function table(rows: Record<string, string>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [Object.fromEntries(columns.map((name) => [name, name])), ...rows]
  const width = (name: string): number => Math.max(...lines.map((line) => line[name]!.length))
  return lines
    .map((line) =>
      columns
        .map((name, index) =>
          index < 2 ? line[name]!.padEnd(width(name)) : line[name]!.padStart(width(name)),
        )
        .join('  '),
    )
    .join('\n')
}
