import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { normalizationSchema } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'

/**
 * What the small files beside a published checkpoint tell: `config.json` of transformers and of timm's
 * hub models, and `preprocessor_config.json`.
 */
interface FactsBeside {
  heads?: number
  classes?: string[]
  normalize?: { mean: number[]; std: number[] }
}

const maxBytes = 16 * 2 ** 20
const colours = normalizationSchema.shape.mean

const configSchema = z.object({
  model_type: z.string().optional(),
  num_attention_heads: z.int().positive().optional(),
  hidden_act: z.string().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  label_names: z.array(z.string()).optional(),
  pretrained_cfg: z.object({ mean: colours, std: colours }).optional(),
})
const preprocessorSchema = z.object({ image_mean: colours, image_std: colours })

/** Other names of exact GELU. */
const exactGelu = new Set(['gelu', 'gelu_python'])

/**
 * @param numClasses a list of another length is not this model's and is left out
 * @throws VitrineError `invalid-input` where the model has another activation than GELU
 */
export async function readFactsBeside(checkpointPath: string, numClasses: number): Promise<FactsBeside> {
  const folder = dirname(checkpointPath)
  const config = configSchema.safeParse(await readSmallJson(join(folder, 'config.json'))).data
  const preprocessor = preprocessorSchema.safeParse(await readSmallJson(join(folder, 'preprocessor_config.json'))).data
  const facts: FactsBeside = {}
  if (config?.hidden_act !== undefined && !exactGelu.has(config.hidden_act)) {
    throw new VitrineError(
      'invalid-input',
      `The model's config.json names the activation "${config.hidden_act}", and only "gelu" is supported: choose another model.`,
    )
  }
  if (config?.num_attention_heads !== undefined) facts.heads = config.num_attention_heads
  const classes = config?.label_names ?? labelsInOrder(config?.id2label ?? {})
  if (classes.length === numClasses) facts.classes = classes
  const mean = preprocessor?.image_mean ?? config?.pretrained_cfg?.mean
  const std = preprocessor?.image_std ?? config?.pretrained_cfg?.std
  if (mean !== undefined && std !== undefined) facts.normalize = { mean, std }
  return facts
}

function labelsInOrder(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label)
}

/** Undefined where there is no such file, or it is no JSON of a sensible size. */
async function readSmallJson(path: string): Promise<unknown> {
  const stats = await stat(path).catch(() => null)
  if (stats === null || !stats.isFile() || stats.size > maxBytes) return undefined
  return parseJson(await readFile(path, 'utf8'))
}
