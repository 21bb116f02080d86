import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken, hasFinalNorm, headInputWidth, mlpDim, tokenCount } from '@shared/model/size'

/** Names and layouts are timm's (PyTorch: linear weights are [out, in], the patch filter [d, 3, p, p]). */
export interface ParameterSpec {
  name: string
  shape: readonly number[]
}

export interface Weight {
  shape: readonly number[]
  data: Float32Array
}

export type Weights = Map<string, Weight>

export function blockName(index: number): string {
  return `blocks.${index}`
}

/** The norm before the head: over the tokens for the class token, over their mean for mean pooling, as timm names it. */
export function finalNormName({ pooling }: Pick<VitSizes, 'pooling'>): 'norm' | 'fc_norm' {
  return pooling === 'mean' ? 'fc_norm' : 'norm'
}

function normParameters(name: string, { norm, embedDim }: VitSizes): ParameterSpec[] {
  const weight = { name: `${name}.weight`, shape: [embedDim] }
  return norm === 'layernorm' ? [weight, { name: `${name}.bias`, shape: [embedDim] }] : [weight]
}

function blockParameters(name: string, sizes: VitSizes): ParameterSpec[] {
  const width = sizes.embedDim
  const hidden = mlpDim(sizes)
  const norm = (index: 1 | 2) => (sizes.normPlace === 'none' ? [] : normParameters(`${name}.norm${index}`, sizes))
  const layerScale = (index: 1 | 2) =>
    sizes.layerScale === null ? [] : [{ name: `${name}.ls${index}.gamma`, shape: [width] }]
  return [
    ...norm(1),
    { name: `${name}.attn.qkv.weight`, shape: [3 * width, width] },
    ...(sizes.qkvBias ? [{ name: `${name}.attn.qkv.bias`, shape: [3 * width] }] : []),
    { name: `${name}.attn.proj.weight`, shape: [width, width] },
    { name: `${name}.attn.proj.bias`, shape: [width] },
    ...layerScale(1),
    ...norm(2),
    { name: `${name}.mlp.fc1.weight`, shape: [hidden, width] },
    { name: `${name}.mlp.fc1.bias`, shape: [hidden] },
    { name: `${name}.mlp.fc2.weight`, shape: [width, hidden] },
    { name: `${name}.mlp.fc2.bias`, shape: [width] },
    ...layerScale(2),
  ]
}

function tokenParameters(sizes: VitSizes): ParameterSpec[] {
  const width = sizes.embedDim
  return [
    ...(hasClassToken(sizes) ? [{ name: 'cls_token', shape: [1, 1, width] }] : []),
    ...(sizes.registerTokens > 0 ? [{ name: 'reg_token', shape: [1, sizes.registerTokens, width] }] : []),
    ...(sizes.positions === 'learned' ? [{ name: 'pos_embed', shape: [1, tokenCount(sizes), width] }] : []),
  ]
}

/** A head is a linear layer; published models may have another before it, or a second head beside it. */
function headParameters(sizes: VitSizes): ParameterSpec[] {
  const { embedDim: width, numClasses, preLogits, headReading } = sizes
  const linear = (name: string, outputs: number, inputs: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ]
  return [
    ...(preLogits === undefined ? [] : linear('pre_logits.fc', preLogits, width)),
    ...linear('head', numClasses, headInputWidth(sizes)),
    ...(headReading === 'distilled' ? linear('head_dist', numClasses, headInputWidth(sizes)) : []),
  ]
}

/** All parameters of a model, in the order of timm's state dict. */
export function parameterSpecs(sizes: VitSizes): ParameterSpec[] {
  const { embedDim: width, patchSize, channels } = sizes
  return [
    ...tokenParameters(sizes),
    { name: 'patch_embed.proj.weight', shape: [width, channels, patchSize, patchSize] },
    { name: 'patch_embed.proj.bias', shape: [width] },
    ...Array.from({ length: sizes.depth }, (_, index) => blockParameters(blockName(index), sizes)).flat(),
    ...(hasFinalNorm(sizes) ? normParameters(finalNormName(sizes), sizes) : []),
    ...headParameters(sizes),
  ]
}
