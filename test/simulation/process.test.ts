import { shard } from './shard.ts'

shard('process', 1, 1500)
