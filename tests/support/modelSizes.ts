import { plainArchitecture, type VitSizes } from '@shared/config/modelConfig'

/** Whole sizes of a small model, of which a test names only what it is about. */
export function modelSizes(changes: Partial<VitSizes> = {}): VitSizes {
  return {
    imageSize: 16,
    channels: 3,
    patchSize: 4,
    embedDim: 16,
    depth: 2,
    numHeads: 2,
    mlpRatio: 4,
    numClasses: 3,
    dropout: 0,
    attentionDropout: 0,
    dropPath: 0,
    ...plainArchitecture,
    ...changes,
  }
}
