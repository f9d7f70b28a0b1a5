import type { Members } from '../broker/port.ts'
export class Presence {
  readonly empty = true
  constructor(_address: string, _host: object) {}
  load(_: Members): void {}
  settled(): void {}
  restore(_: string): void {}
  enter(_c: string, _m: string, _s?: string, _r?: string): string {
    return ''
  }
  leave(_c: string, _a: boolean): void {}
  state(_c?: string): string {
    return '{}'
  }
}
