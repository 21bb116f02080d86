import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'
import { readSafetensors, type SafetensorsFile } from './safetensors'

/** The list of files that a large model is spread over: `model.safetensors.index.json` (Hugging Face). */
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

const maxIndexBytes = 16 * 2 ** 20
const maxShards = 1000
const shardName = /^(.+)-\d{5}-of-\d{5}\.safetensors$/

/** The index beside a file that is one part of a model; undefined for a whole file. */
export function indexOfShard(path: string): string | undefined {
  const stem = shardName.exec(basename(path))?.[1]
  return stem === undefined ? undefined : join(dirname(path), `${stem}.safetensors.index.json`)
}

/**
 * The tensors of all files that an index lists.
 *
 * @throws VitrineError `not-found` that names the file that is missing
 * @throws VitrineError `unreadable` for a malformed index, and for a file that lacks its tensors
 */
export async function readShardedSafetensors(indexPath: string): Promise<SafetensorsFile> {
  const shards = await readIndex(indexPath)
  const joined: SafetensorsFile = { tensors: new Map(), metadata: {} }
  for (const [shard, names] of shards) {
    const { tensors, metadata } = await readSafetensors(join(dirname(indexPath), shard))
    Object.assign(joined.metadata, metadata)
    for (const name of names) {
      const tensor = tensors.get(name)
      if (tensor === undefined) throw damaged(indexPath, `${shard} lacks the tensor "${name}" that it should hold`)
      joined.tensors.set(name, tensor)
    }
  }
  return joined
}

/** Names of tensors by the file that holds them. */
async function readIndex(path: string): Promise<Map<string, string[]>> {
  const stats = await stat(path).catch(() => null)
  if (stats === null) {
    throw new VitrineError(
      'not-found',
      `There is no file ${path}, which lists the parts of the model: put it beside them.`,
    )
  }
  if (stats.size > maxIndexBytes) throw damaged(path, 'it is too long')
  const parsed = indexSchema.safeParse(parseJson(await readFile(path, 'utf8')))
  if (!parsed.success) throw damaged(path, 'it has no "weight_map"')
  const shards = new Map<string, string[]>()
  for (const [name, shard] of Object.entries(parsed.data.weight_map)) {
    // An index may only name its neighbours.
    if (basename(shard) !== shard || shard.includes('\\'))
      throw damaged(path, `"${shard}" is not the name of a file beside it`)
    const names = shards.get(shard)
    if (names === undefined) shards.set(shard, [name])
    else names.push(name)
  }
  if (shards.size === 0 || shards.size > maxShards) throw damaged(path, `it lists ${shards.size} files`)
  return shards
}

function damaged(path: string, what: string): VitrineError {
  return new VitrineError('unreadable', `${basename(path)} can't be used, because ${what}: download the model again.`)
}
