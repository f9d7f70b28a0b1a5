import { shard } from './shard.ts'

shard('durable', 1, 1500)
